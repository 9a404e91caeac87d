//! Which addresses are not public: what answers there is somebody's own.
//!
//! The lists are IANA's special-purpose registries (RFC 6890), without what nobody can be at anyway
//! (documentation), and with what clouds tell their machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Says what an address is if it is not public.
pub(super) fn private(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => private_v4(ip),
        IpAddr::V6(ip) => private_v6(ip),
    }
}

fn private_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = ip.octets();
    Some(match (a, b, c, d) {
        // AWS and most others; Alibaba; Oracle; Azure, whose address looks public.
        (169, 254, 169, 254 | 253)
        | (100, 100, 100, 200)
        | (192, 0, 0, 192)
        | (168, 63, 129, 16) => "a cloud's metadata address",
        (0, ..) => "an address of this very host",
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => "a private address",
        (100, 64..=127, ..) => "an address shared behind a provider's translation",
        (127, ..) => "a loopback address",
        (169, 254, ..) => "a link-local address",
        (192, 0, 0, _) => "an address of a protocol",
        (198, 18 | 19, ..) => "an address for measurements",
        (224..=239, ..) => "a multicast address",
        (240.., ..) => "a reserved address",
        _ => return None,
    })
}

fn private_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let segments = ip.segments();
    let within =
        |high: u16, low: u16| private_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an address of this very host"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // IPv4-compatible, IPv4-mapped, and translated (`::ffff:0:a.b.c.d`).
        [0, 0, 0, 0, 0 | 0xffff, 0 | 0xffff, high, low] => {
            within(high, low).or((segments[5] == 0).then_some("an address of an old translation"))
        }
        // NAT64: whoever has only IPv6 reaches all of IPv4 by this; the local kind reaches their own.
        // 6to4 has the other's in its head.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => within(high, low),
        // Teredo: the client's address is hidden in the last bits.
        [0x2001, 0, .., high, low] => within(!high, !low).or(Some("an address of a tunnel")),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some("a cloud's metadata address"),
        [0x100, 0, 0, 0, ..] => Some("an address that leads nowhere"),
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => {
            Some("a private address")
        }
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => None,
    }
}

/// Names that a cloud's machines know their metadata by. They lead to addresses that are refused
/// anyway; a proxy, which looks names up itself, would not know.
const METADATA: &[&str] = &[
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.google.internal",
    "metadata.tencentyun.com",
    "metadata.oraclecloud.com",
];

/// Says what the host of an address is if its text alone tells that it is not public.
pub(super) fn private_host(url: &Url) -> Option<(String, &'static str)> {
    match url.host()? {
        Host::Ipv4(ip) => private_v4(ip).map(|what| (ip.to_string(), what)),
        Host::Ipv6(ip) => private_v6(ip).map(|what| (ip.to_string(), what)),
        Host::Domain(name) => {
            let bare = name.trim_end_matches('.').to_ascii_lowercase();
            let what = if METADATA.contains(&bare.as_str()) {
                "a cloud's metadata service"
            } else if bare == "localhost" || bare.ends_with(".localhost") {
                "this very host"
            } else {
                return None;
            };
            Some((name.to_owned(), what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_told() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.1.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "100.100.100.200",
            "::",
            "::1",
            "::7f00:1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::ffff:169.254.169.254",
            "::ffff:0:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "2001:0:1:2:3:4:5:6",
            "fc00::1",
            "fdff::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "100::1",
            "::8.8.8.8",
        ] {
            assert!(private(ip.parse().unwrap()).is_some(), "{ip}");
        }
    }

    #[test]
    fn what_is_public_is_not() {
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "169.253.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert_eq!(private(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn every_way_to_write_an_address_is_one_address() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "127.1",
            "[::1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "metadata.google.internal.",
            "0",
        ] {
            let url = Url::parse(&format!("https://{host}/x")).unwrap();
            assert!(private_host(&url).is_some(), "{host} {url}");
        }
        for host in ["example.com", "localhost.example.com", "1.1.1.1", "notlocalhost"] {
            let url = Url::parse(&format!("https://{host}/x")).unwrap();
            assert_eq!(private_host(&url), None, "{host}");
        }
    }
}
