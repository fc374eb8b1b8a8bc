//! Reaching outside on behalf of a product: what a tool asks for, and which hosts it may ask at all.
//!
//! A tool says what it wants sent; whoever implements [`Egress`] resolves names, connects, fills secrets in and
//! keeps the limits. The rules about hosts and addresses are here, so that the gate says before a product is used
//! what the client would refuse.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use hedgerow_errors::{Error, Result};

/// A request on behalf of a product. Header values may refer to secrets, as in `Bearer ${secret:NAME}`; the
/// secret itself is never part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressRequest {
    /// The product that asks; its own secrets come first.
    pub product: String,
    /// The hosts that the product declares.
    pub hosts: Vec<String>,
    /// The method, in capitals.
    pub method: String,
    /// The address, complete and percent-encoded.
    pub url: String,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// The body as JSON text.
    pub body: Option<String>,
}

/// What came back, whatever its status. The text is somebody else's: data, never instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressResponse {
    /// The status code.
    pub status: u16,
    /// Headers by name, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: String,
}

/// An answer that is read as it comes: servers that answer with events may leave it open after the last one.
pub struct EgressStream {
    /// The status code.
    pub status: u16,
    /// Headers by name, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body's lines, without their ends. The limits are those of a whole answer.
    pub lines: BoxStream<'static, Result<String>>,
}

impl EgressStream {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The rest of the body.
    ///
    /// # Errors
    ///
    /// `limit_exceeded` where it is too long or too late; `unavailable` where it breaks off.
    pub async fn text(mut self) -> Result<String> {
        let mut text = String::new();
        while let Some(line) = self.lines.next().await {
            text.push_str(&line?);
            text.push('\n');
        }
        text.pop();
        Ok(text)
    }
}

/// The one way outside.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Sends a request and gives back the answer.
    ///
    /// # Errors
    ///
    /// `denied` for a host that is not declared, an address that is not public and a redirect to another host;
    /// `unknown_name` for a secret that nobody set; `limit_exceeded` for an answer that is too long or too late;
    /// `unavailable` where nobody answers.
    async fn send(&self, request: &EgressRequest) -> Result<EgressResponse>;

    /// Sends a request and gives back the answer before it has come to its end.
    ///
    /// # Errors
    ///
    /// Those of [`Egress::send`]; what goes wrong later is an error among the lines.
    async fn open(&self, request: &EgressRequest) -> Result<EgressStream> {
        let EgressResponse { status, headers, body } = self.send(request).await?;
        let lines: Vec<Result<String>> = body.lines().map(|line| Ok(line.to_owned())).collect();
        Ok(EgressStream {
            status,
            headers,
            lines: stream::iter(lines).boxed(),
        })
    }
}

/// The names of the secrets that a header's value refers to: `${secret:NAME}`.
pub fn secret_names(value: &str) -> Result<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once("${") {
        let (reference, after) = after
            .split_once('}')
            .ok_or_else(|| Error::invalid("a reference lacks its closing brace").with_hint("write ${secret:NAME}"))?;
        let name = reference.strip_prefix("secret:").filter(|name| is_secret_name(name));
        names.push(name.ok_or_else(|| {
            Error::invalid(format!("${{{reference}}} refers to nothing")).with_hint("write ${secret:NAME}")
        })?);
        rest = after;
    }
    Ok(names)
}

fn is_secret_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a host is among those that a product declares; case does not count.
#[must_use]
pub fn is_declared(host: &str, hosts: &[String]) -> bool {
    let plain = |host: &str| host.trim_end_matches('.').trim_matches(['[', ']']).to_ascii_lowercase();
    hosts.iter().any(|declared| plain(declared) == plain(host))
}

/// Why a declared host can't be one: it is no plain name, or it is within a private network. `None` where it may be
/// tried; what its name resolves to is checked when it is reached.
#[must_use]
pub fn host_problem(host: &str) -> Option<String> {
    let plain = host.trim_matches(['[', ']']);
    if let Some(address) = address(plain) {
        return address_problem(address).map(|what| format!("{host} is {what}"));
    }
    let is_name = !plain.is_empty()
        && plain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    if !is_name {
        return Some(format!("{host:?} is no host: a name without scheme, port, path or *"));
    }
    let lower = plain.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or_default();
    // Names that resolve within a machine, a home or a data centre only.
    let is_local = !lower.contains('.') || matches!(last, "localhost" | "local" | "internal" | "lan" | "home" | "corp");
    is_local.then(|| format!("{host} is a name within a private network"))
}

/// An address as people write it, in the forms that connecting takes, too: `127.1`, `0x7f000001`, `2130706433`.
#[must_use]
pub fn address(host: &str) -> Option<IpAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let number = |part: &str| match (part.strip_prefix("0x"), part.strip_prefix('0')) {
        (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => part.parse().ok(),
    };
    let parts: Vec<u64> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 256_u64.pow(4 - first.len() as u32) {
        return None;
    }
    let high = (0_u64..)
        .zip(first)
        .map(|(at, part)| part << (24 - 8 * at))
        .sum::<u64>();
    u32::try_from(high + last)
        .ok()
        .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
}

/// What kind of address it is, where a product may not reach it: everything but public unicast.
#[must_use]
pub fn address_problem(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => v4_problem(v4),
        IpAddr::V6(v6) => v6_problem(v6),
    }
}

/// True for addresses under which clouds hand out credentials to whoever asks, and for the others of a link: no
/// setting opens them.
#[must_use]
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == Ipv4Addr::new(100, 100, 100, 200),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_link_local(IpAddr::V4(v4)),
            None => v6.is_unicast_link_local() || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        },
    }
}

fn v4_problem(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    if address.is_loopback() {
        Some("a loopback address")
    } else if address.is_link_local() {
        Some("a link-local address, as those are that give out metadata")
    } else if address.is_private() || (a == 100 && (64..128).contains(&b)) {
        Some("a private address")
    } else if address.is_multicast() || address.is_broadcast() {
        Some("a multicast address")
    } else if a == 0
        || a >= 240
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b == 18 || b == 19))
        || address.is_documentation()
    {
        Some("a reserved address")
    } else {
        None
    }
}

fn v6_problem(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    // Addresses that carry one of version 4 reach that one.
    let carried = match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    };
    if let Some(v4) = carried {
        return v4_problem(v4);
    }
    if address.is_loopback() {
        Some("a loopback address")
    } else if address.is_unicast_link_local() {
        Some("a link-local address")
    } else if address.is_unique_local() {
        Some("a private address")
    } else if address.is_multicast() {
        Some("a multicast address")
    } else if segments[0] & 0xe000 != 0x2000 || (segments[0] == 0x2001 && segments[1] == 0xdb8) {
        Some("a reserved address")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_have_no_problem() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "172.32.0.1",
            "100.128.0.1",
        ] {
            assert_eq!(address_problem(public.parse().unwrap()), None, "{public}");
        }
        let refused = [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "::7f00:1",
        ];
        for private in refused {
            assert!(address_problem(private.parse().unwrap()).is_some(), "{private}");
        }
        assert!(is_link_local("::ffff:169.254.169.254".parse().unwrap()));
    }

    #[test]
    fn a_host_is_a_name_that_can_be_public() {
        for host in [
            "crm.notes.example",
            "API.example.com",
            "8.8.8.8",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(host_problem(host), None, "{host}");
        }
        let refused = [
            "",
            "localhost",
            "db",
            "printer.local",
            "metadata.google.internal",
            "127.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "[::1]",
            "::1",
            "https://a.example",
            "a.example:80",
            "a.example/x",
            "*.example",
            "a..example",
            "user@a.example",
        ];
        for host in refused {
            assert!(host_problem(host).is_some(), "{host}");
        }
    }

    #[test]
    fn references_to_secrets_have_one_form() {
        assert_eq!(secret_names("Bearer ${secret:A_1}").unwrap(), ["A_1"]);
        assert_eq!(secret_names("a ${secret:A}:${secret:B}").unwrap(), ["A", "B"]);
        assert!(secret_names("plain").unwrap().is_empty());
        for wrong in ["${secret:}", "${env:HOME}", "${secret:A", "${secret:a b}"] {
            assert!(secret_names(wrong).is_err(), "{wrong}");
        }
        assert!(is_declared("CRM.notes.example.", &["crm.notes.example".to_owned()]));
        assert!(!is_declared(
            "crm.notes.example.evil",
            &["crm.notes.example".to_owned()]
        ));
    }
}
