//! The Model Context Protocol: calling the tools of other systems' servers.
//!
//! A client speaks Streamable HTTP of both eras of the protocol, stateless and with sessions, and reaches a server
//! through [`Egress`](hedgerow_agent_api::Egress) only: hosts, addresses, secrets and limits are decided there. It
//! gives a server nothing to ask for: no sampling, no questions to the user, no roots. Programs are never started.

mod client;
mod failure;
mod session;
mod transport;

pub use client::Client;

#[cfg(test)]
mod tests;
