//! Hosts and origins, by table.

use std::net::Ipv4Addr;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn rules(listens_on: IpAddr, names: &[&str], origins: &[&str]) -> AccessRules {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let origins: Vec<Origin> = origins.iter().map(|text| text.parse().unwrap()).collect();
    AccessRules::new(listens_on, &names, &origins)
}

fn headers(name: hyper::header::HeaderName, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(&name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn host_is_served(rules: &AccessRules, hosts: &[&str]) -> bool {
    rules
        .check_host(&Uri::from_static("/"), &headers(HOST, hosts))
        .is_ok()
}

fn is_foreign(rules: &AccessRules, origins: &[&str]) -> bool {
    rules.foreign_origin(&headers(ORIGIN, origins)).is_some()
}

#[test]
fn origins_are_compared_by_scheme_host_and_port() {
    let parse = |text: &str| text.parse::<Origin>();
    assert_eq!(
        parse("HTTPS://Wallet.Example"),
        parse("https://wallet.example:443/")
    );
    assert_eq!(parse("http://a:80"), parse("http://a"));
    assert_ne!(parse("http://a"), parse("https://a"));
    assert_ne!(parse("https://a"), parse("https://a:8443"));
    assert!(parse("chrome-extension://abcdef").is_ok() && parse("http://[::1]:3000").is_ok());
    for text in [
        "",
        "null",
        "*",
        "wallet.example",
        "https://",
        "https://a/path",
        "https://a?x",
        "https://me@a",
        "https://a b",
        "file:///tmp/page.html",
    ] {
        assert_eq!(parse(text), Err(OriginError), "{text}");
    }
}

#[test]
fn local_and_listed_origins_are_not_foreign() {
    let rules = rules(LOOPBACK, &[], &["https://wallet.example"]);
    assert!(!is_foreign(&rules, &[]));
    for origin in [
        "http://localhost",
        "https://LOCALHOST:3000",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:1",
        "https://wallet.example",
        "https://wallet.example:443",
    ] {
        assert!(!is_foreign(&rules, &[origin]), "{origin}");
    }
    for origin in [
        "null",
        "",
        "https://evil.example",
        "http://wallet.example",
        "https://wallet.example:8443",
        "https://wallet.example.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example@localhost",
        "chrome-extension://localhost",
        "http://192.168.0.1",
        "\u{e9}",
    ] {
        assert!(is_foreign(&rules, &[origin]), "{origin}");
        assert!(is_foreign(&rules, &["http://localhost", origin]), "{origin}");
    }
}

#[test]
fn a_loopback_address_is_served_under_the_names_of_this_machine() {
    let rules = rules(LOOPBACK, &["node.internal"], &[]);
    for host in [
        "localhost",
        "LocalHost:8899",
        "localhost.",
        "127.0.0.1:8899",
        "127.8.8.8",
        "[::1]:8900",
        "[::ffff:127.0.0.1]",
        "Node.Internal:80",
        "",
    ] {
        assert!(host_is_served(&rules, &[host]), "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8899",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@localhost",
        "0.0.0.0",
        "192.168.0.1",
        "a b",
        "\u{e9}",
    ] {
        assert!(!host_is_served(&rules, &[host]), "{host}");
        assert!(!host_is_served(&rules, &["localhost", host]), "{host}");
    }
    assert!(host_is_served(&rules, &[]), "a request without a Host");
    let absolute = Uri::from_static("http://evil.example/");
    assert!(
        rules
            .check_host(&absolute, &headers(HOST, &["localhost"]))
            .is_err()
    );
}

#[test]
fn a_reachable_address_checks_hosts_once_some_are_listed() {
    let address = IpAddr::V4(Ipv4Addr::new(192, 168, 0, 7));
    assert!(host_is_served(&rules(address, &[], &[]), &["any.example"]));
    let rules = rules(address, &["node.example"], &[]);
    for (host, is_served) in [
        ("node.example", true),
        ("192.168.0.7:8899", true),
        ("any.example", false),
    ] {
        assert_eq!(host_is_served(&rules, &[host]), is_served, "{host}");
    }
}

#[test]
fn a_refusal_names_the_host_and_the_cure() {
    let text = rules(LOOPBACK, &[], &[])
        .check_host(&Uri::from_static("/"), &headers(HOST, &[&"x".repeat(5_000)]))
        .unwrap_err();
    assert!(text.contains("--allowed-host") && text.contains("xxx"), "{text}");
    assert!(text.len() < 400, "{}", text.len());
}
