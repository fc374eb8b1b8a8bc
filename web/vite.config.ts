import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const source = fileURLToPath(new URL("./src", import.meta.url));
const repository = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: { "@": source },
    // A product's UI lies outside this folder, where there are no packages: take ours.
    dedupe: ["react", "react-dom", "@tanstack/react-query", "@tanstack/react-router", "@testing-library/react"],
  },
  build: {
    // Nothing inline, so that the page runs under a strict content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The charts, which are fetched when the first one is shown.
    chunkSizeWarningLimit: 600,
  },
  server: {
    fs: { allow: [repository] },
    proxy: { "/api": "http://127.0.0.1:4555" },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "../{crates,examples}/products/*/web/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    server: { deps: { inline: [/(crates|examples)\/products/] } },
  },
});
