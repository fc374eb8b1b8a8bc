//! The one client for everything that reaches outside on behalf of a product.
//!
//! A product reaches the hosts that it declares and nothing else. A name is resolved once and the checked addresses
//! are the ones connected to, so that a second answer of the name server changes nothing. Private networks are
//! closed unless the operator, never the product, opens a host of theirs. Secrets are filled in here, at the last
//! moment, and taken out of what comes back; they are in no request, error or log.

mod answer;
mod client;
mod secrets;

pub use client::{HttpEgress, Settings};
pub use secrets::Secrets;

#[cfg(test)]
mod tests;
