/** What the page's bundler makes of an imported style sheet: nothing that a script sees. */
declare module '*.css';
