# Compiles src/ with every package there is.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
# Source maps and types serve those who build on the package: nothing reads them here.
RUN npm run build && find dist -type f \( -name '*.map' -o -name '*.d.ts' \) -delete

# Only the packages that the gateway needs while it runs, and of them what Node loads.
FROM node:24-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM node:24-trixie-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="telemetry-bff" \
      org.opencontainers.image.description="Gateway that merges an engine's REST state and Redis events and fans them out to WebSocket dashboards" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
# Node's own choice of a young generation costs thousands of connections a few KB each: `npm run bench -- idle-memory`.
ENV NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "dist/main.js", "health"]
CMD ["node", "dist/main.js", "serve"]
