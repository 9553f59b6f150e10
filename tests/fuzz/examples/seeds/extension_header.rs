use super::Seed;

/// Fields, behind `extension_header`'s settings.
pub(crate) fn seeds() -> Vec<Seed> {
    let pmd = "permessage-deflate";
    let with = |params: &str| format!("{pmd}; {params}");
    [
        ("empty", String::new()),
        ("empty-members", " , ,\t,".to_owned()),
        ("name", pmd.to_owned()),
        (
            "bits",
            with("client_max_window_bits; server_max_window_bits=10"),
        ),
        ("bits-quoted", with("server_max_window_bits=\"1\\0\"")),
        (
            "bits-8",
            with("client_max_window_bits=8; server_max_window_bits=8"),
        ),
        (
            "bits-15",
            with("server_max_window_bits=15; client_max_window_bits=15"),
        ),
        ("bits-16", with("server_max_window_bits=16")),
        ("bits-zero", with("server_max_window_bits=08")),
        ("bits-none", with("server_max_window_bits")),
        (
            "takeover",
            with("server_no_context_takeover; client_no_context_takeover"),
        ),
        ("takeover-value", with("server_no_context_takeover=1")),
        (
            "twice",
            with("client_max_window_bits; client_max_window_bits=9"),
        ),
        ("unknown", with("x=1")),
        (
            "offers",
            format!("{}, {pmd}", with("server_max_window_bits=9; x")),
        ),
        ("others", "x-a; b=c; d, x-e;f=\"g\",h".to_owned()),
        ("spaces", "a ;\tb = c , d".to_owned()),
        ("quote-open", "a; b=\"c".to_owned()),
        ("quote-comma", "a; b=\"c,d\"".to_owned()),
        ("quote-escape", "a; b=\"\\\"\\\\\"".to_owned()),
        ("quote-empty", "a; b=\"\"".to_owned()),
        ("semicolon", "a;".to_owned()),
        ("equals", "a; b=".to_owned()),
        ("no-token", "gr\u{fc}ezi; (a)".to_owned()),
        ("signs", "!#$%&'*+-.^_`|~; a=!".to_owned()),
        ("constructor", "constructor; __proto__=1".to_owned()),
    ]
    .into_iter()
    .enumerate()
    .map(|(i, (name, value))| {
        // Other terms for each seed.
        let i = i as u8;
        let mut seed = vec![
            i.wrapping_mul(29),
            i % 8,
            0x56,
            0,
            i.wrapping_mul(71),
            i / 3,
            0x56,
            0,
        ];
        seed.push(i / 8 % 4);
        seed.extend(value.bytes());
        (name, seed)
    })
    .collect()
}
