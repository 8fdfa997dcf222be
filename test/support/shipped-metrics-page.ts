// What pages of an earlier monitoring server with this protocol were told to write, as it was shipped.

export const connecting = `
const socket = io('http://localhost:3000', {
    transports: ['websocket', 'polling'],
    reconnection: true,
    reconnectionDelay: 1000,
    reconnectionAttempts: 5
});
`;

export const hearingOfConnection = `
socket.on('connect', () => {
    console.log('Connected to server');
});

socket.on('disconnect', (reason) => {
    console.log('Disconnected:', reason);
});

socket.on('connect_error', (error) => {
    console.error('Connection error:', error);
});
`;

/** The bodies were comments; here they remember what the comments say that they are given. */
export const hearing = `
// Server confirms connection
socket.on('connected', (data) => {
    // data.status === 'connected'
    // data.client_id - unique client identifier
    note('connected', data.status, data.client_id);
});

// Subscription confirmed
socket.on('subscribed', (data) => {
    // data.status === 'subscribed'
    // data.config - subscription configuration
    note('subscribed', data.status, data.config);
});

// Metrics update
socket.on('metrics_update', (data) => {
    // data.overview - complete metrics snapshot
    // data.sessions - Claude Code session stats
    // data.activity - recent activity feed
    // data.timestamp - update timestamp
    note('metrics_update', data.overview, data.sessions, data.activity, data.timestamp);
});

// Error from server
socket.on('error', (data) => {
    // data.error - error message
    // data.timestamp - error timestamp
    note('error', data.error, data.timestamp);
});
`;

export const subscribing = `
socket.emit('subscribe', {
    hours: 24,              // Time range for metrics
    update_interval: 2      // Update frequency (seconds)
});
`;

export const unsubscribing = `
socket.emit('unsubscribe');
`;

export const refreshing = `
socket.emit('request_refresh', {
    hours: 24  // Optional: override time range
});
`;

export const settingInterval = `
socket.emit('set_interval', {
    interval: 5  // New interval in seconds
});
`;

/** From the cures for trouble: neither needs more. */
export const subscribingShortly = `
socket.emit('subscribe', {hours: 24})
`;
export const refreshingShortly = `
socket.emit('request_refresh')
`;

export const resubscribing = `
socket.on('connect', () => {
    // Re-subscribe if needed
    if (wasSubscribed) {
        socket.emit('subscribe', lastConfig);
    }
});
`;

export const debouncing = `
let refreshTimeout;
function requestRefresh() {
    clearTimeout(refreshTimeout);
    refreshTimeout = setTimeout(() => {
        socket.emit('request_refresh');
    }, 500);
}
`;

export const streaming = `
const eventSource = new EventSource('/api/stream/metrics');
eventSource.onmessage = (event) => {
    const data = JSON.parse(event.data);
    updateUI(data);
};
`;

/** What took the place of the stream. */
export const connectingToOwnServer = `
const socket = io();
socket.on('connect', () => {
    socket.emit('subscribe', {hours: 24});
});
socket.on('metrics_update', (data) => {
    updateUI(data);
});
`;
