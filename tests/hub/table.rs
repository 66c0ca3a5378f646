//! The table of behaviours: what three clients do, and what they then look at.

use serde_json::{Value, json};

/// The clients: one that mostly listens, one that mostly speaks, and one more.
pub(super) const ROLES: [&str; 3] = ["a", "b", "c"];

/// Something that a client does, or looks at.
#[derive(Debug)]
pub(super) enum Step {
    /// A command of `peer.py`, and its answer, if it has one.
    Do(&'static str, Value),
    /// The next values of a declaration.
    Hear(&'static str, &'static str, usize),
    /// The same, where the order is not certain.
    HearInAnyOrder(&'static str, &'static str, usize),
    /// The answer to a command, where the order is not certain.
    SortedAnswer(&'static str, Value),
    /// A command that waits, and what happens meanwhile.
    Together((&'static str, Value), Vec<Step>),
    /// Waits until the router has handled what was declared, and the clients what it told of it.
    Settle,
    /// A client joins.
    Join(&'static str),
    /// A client closes its session.
    Leave(&'static str),
    /// The link of a client is lost.
    Vanish(&'static str),
}

use Step::{Do, Hear, HearInAnyOrder, Join, Leave, Settle, SortedAnswer, Together, Vanish};

fn subscriber(name: &str, key: &str) -> Value {
    json!({ "do": "subscriber", "name": name, "key": key, "digests": true })
}

fn queryable(key: &str, answers: Value) -> Value {
    json!({ "do": "queryable", "name": "q", "key": key, "answers": answers })
}

fn complete(key: &str, answers: Value) -> Value {
    json!({ "do": "queryable", "name": "q", "key": key, "answers": answers, "complete": true })
}

/// A queryable that never ends a query.
fn silent(key: &str) -> Value {
    json!({ "do": "queryable", "name": "q", "key": key, "answers": [], "keep": true })
}

fn answer(key: &str, payload: &str) -> Value {
    json!({ "with": "reply", "key": key, "payload": payload })
}

fn get(selector: &str, target: &str) -> Value {
    json!({ "do": "get", "selector": selector, "target": target, "consolidation": "NONE", "timeout": 30.0 })
}

fn put(key: &str, payload: Value) -> Value {
    json!({ "do": "put", "key": key, "payload": payload, "congestion_control": "BLOCK" })
}

fn token(name: &str, key: &str) -> Value {
    json!({ "do": "token", "name": name, "key": key })
}

fn alive(key: &str) -> Value {
    json!({ "do": "alive", "key": key })
}

fn liveliness(name: &str, key: &str, history: bool) -> Value {
    json!({ "do": "liveliness", "name": name, "key": key, "history": history })
}

fn named(what: &str, name: &str) -> Value {
    json!({ "do": what, "name": name })
}

/// A command with further arguments.
fn with(mut command: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("arguments are an object") };
    command.as_object_mut().unwrap().extend(more);
    command
}

/// Puts that differ in everything that a put can carry.
fn varied_puts() -> Vec<Step> {
    let priorities =
        ["REAL_TIME", "INTERACTIVE_HIGH", "INTERACTIVE_LOW", "DATA_HIGH", "DATA", "DATA_LOW", "BACKGROUND"];
    let encodings = ["zenoh/bytes", "text/plain;utf-8", "application/json;lab/schema", "lab/own", "lab/own;x"];
    let lengths = [0, 1, 100, 65_000, 65_535, 70_000, 300_000];
    let mut steps = vec![Do("a", subscriber("s", "lab/**")), Settle];
    for n in 0..14 {
        let attachment = [json!(null), json!(""), json!("0102"), json!("07".repeat(70_000))];
        let more = json!({
            "encoding": encodings[n % 5],
            "priority": priorities[n % 7],
            "attachment": attachment[n % 4],
            "express": n % 2 == 0,
            // Where a link is busy, a client drops large ones.
            "congestion_control": if n % 3 == 0 && lengths[n % 7] < 65_000 { "DROP" } else { "BLOCK" },
        });
        steps.push(Do("b", with(put(&format!("lab/{n}"), json!(lengths[n % 7])), more)));
        steps.push(Hear("a", "s", 1));
    }
    steps
}

/// Every key against every subscriber that has wildcards.
fn wildcards() -> Vec<Step> {
    let expressions = ["lab/*", "lab/**", "lab/a$*", "lab/*/x", "**", "lab/a/**/x", "*/a", "@lab/**", "lab/@v/*"];
    let keys = ["lab", "lab/a", "lab/ab", "lab/b", "lab/a/x", "lab/a/b/x", "other/a", "@lab/a", "lab/@v/a"];
    let mut steps = Vec::new();
    for expression in expressions {
        steps.push(Do("a", subscriber(expression, expression)));
    }
    steps.push(Settle);
    for key in keys {
        steps.push(Do("b", put(key, json!("01"))));
    }
    for expression in expressions {
        // The last one is for all.
        let last = expression.replace("**", "last").replace("$*", "last").replace('*', "last");
        steps.push(Do("b", put(&last, json!("02"))));
    }
    steps.push(Settle);
    let of = |expression: &str| -> usize {
        let expression = zbytes_lab::client::KeyExpr::new(expression).unwrap();
        let all = keys.iter().map(|key| (*key).to_owned());
        let last = expressions.iter().map(|one| one.replace("**", "last").replace("$*", "last").replace('*', "last"));
        all.chain(last).filter(|key| expression.intersects(&zbytes_lab::client::KeyExpr::new(key).unwrap())).count()
    };
    for expression in expressions {
        steps.push(Hear("a", expression, of(expression)));
        steps.push(Do("a", named("is_empty", expression)));
    }
    steps
}

/// What the router stamps, and what it leaves.
fn timestamps() -> Vec<Step> {
    // Two in the past, and one that is far ahead.
    let times =
        [json!([7, 0, "01"]), json!([1_700_000_000u64, 500_000_000, "0203"]), json!([4_000_000_000u64, 0, "0a"])];
    let mut steps =
        vec![Do("a", subscriber("s", "lab/**")), Settle, Do("b", put("lab/none", json!("01"))), Hear("a", "s", 1)];
    for time in times {
        steps.push(Do("b", with(put("lab/own", json!("01")), json!({ "timestamp": time }))));
        steps.push(Hear("a", "s", 1));
    }
    steps.extend([
        Do("b", json!({ "do": "delete", "key": "lab/own", "congestion_control": "BLOCK", "attachment": "aa" })),
        Do("b", with(put("lab/source", json!("01")), json!({ "source": 77 }))),
        Hear("a", "s", 2),
    ]);
    steps
}

fn targets() -> Vec<Step> {
    let mut steps = vec![
        Do("b", complete("lab/**", json!([answer("lab/x", "0b")]))),
        Do("c", queryable("lab/x", json!([answer("lab/x", "0c")]))),
        Settle,
    ];
    for selector in ["lab/x", "lab/*", "**", "other"] {
        for target in ["ALL", "ALL_COMPLETE", "BEST_MATCHING"] {
            let get = with(get(selector, target), json!({ "selector": format!("{selector}?_anyke") }));
            steps.push(SortedAnswer("a", get));
        }
    }
    steps
}

/// Many puts one after the other.
fn many() -> Vec<Step> {
    let mut steps = vec![Do("a", subscriber("s", "lab/**")), Do("c", subscriber("s", "lab/**")), Settle];
    steps.extend((0..300).map(|n| Do("b", put(&format!("lab/{n}"), json!(n)))));
    steps.extend([Hear("a", "s", 300), Hear("c", "s", 300)]);
    steps
}

/// The table. Each behaviour begins with three clients that have declared nothing.
pub(super) fn behaviours() -> Vec<(&'static str, Vec<Step>)> {
    let large = 11 << 20;
    vec![
        ("a put with all that it carries", varied_puts()),
        ("key expressions with wildcards", wildcards()),
        ("timestamps, deletes and sources", timestamps()),
        (
            "large messages both ways",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Do("b", subscriber("s", "lab/**")),
                Settle,
                Do("b", put("lab/1", json!(large))),
                Do("a", put("lab/2", json!(large + 1))),
                HearInAnyOrder("a", "s", 2),
                HearInAnyOrder("b", "s", 2),
            ],
        ),
        ("many messages in order", many()),
        (
            "best effort",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Settle,
                Do("b", json!({ "do": "publisher", "name": "p", "key": "lab/x", "reliability": "BEST_EFFORT" })),
                Settle,
                Do("b", with(named("publish", "p"), json!({ "payload": 10 }))),
                Hear("a", "s", 1),
            ],
        ),
        (
            "own puts come once",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Do("a", subscriber("t", "lab/x")),
                Settle,
                Do("a", put("lab/x", json!("01"))),
                Settle,
                Hear("a", "s", 1),
                Hear("a", "t", 1),
                Do("a", named("is_empty", "s")),
                Do("a", named("is_empty", "t")),
            ],
        ),
        (
            "a subscriber that is undeclared",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Do("a", subscriber("t", "**")),
                Settle,
                Do("a", named("undeclare", "s")),
                Settle,
                Do("b", put("lab/x", json!("01"))),
                Hear("a", "t", 1),
                Do("a", named("is_empty", "s")),
            ],
        ),
        (
            "a publisher gives its key a number",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Do(
                    "b",
                    json!({ "do": "publisher", "name": "p", "key": "lab/p/x", "priority": "REAL_TIME", "congestion_control": "BLOCK" }),
                ),
                Settle,
                Do("b", with(named("publish", "p"), json!({ "payload": 100 }))),
                Do("b", with(named("publish", "p"), json!({ "payload": 200_000, "attachment": "0a" }))),
                Do("b", named("unpublish", "p")),
                Hear("a", "s", 3),
            ],
        ),
        (
            "a get without a queryable",
            vec![
                Do("b", queryable("other/**", json!([]))),
                Settle,
                Do("a", get("lab/x", "BEST_MATCHING")),
                Do("a", get("lab/**", "ALL")),
            ],
        ),
        (
            "a get with all that it carries",
            vec![
                Do(
                    "b",
                    queryable(
                        "lab/**",
                        json!([
                            { "with": "reply", "key": "lab/x", "payload": "0102", "encoding": "text/plain;x", "attachment": "0a" },
                            { "with": "reply", "key": "lab/x", "payload": 70_000, "timestamp": [7, 0, "01"] },
                            { "with": "del", "key": "lab/x", "attachment": "0b" },
                            { "with": "err", "payload": "ff", "encoding": "application/json" },
                        ]),
                    ),
                ),
                Settle,
                Do(
                    "a",
                    with(
                        get("lab/x?a=1;b=2", "ALL"),
                        json!({ "payload": 70_000, "attachment": "0c", "encoding": "lab/own" }),
                    ),
                ),
                Hear("b", "q", 1),
            ],
        ),
        (
            "a large question and a large answer",
            vec![
                Do("b", queryable("lab/**", json!([{ "with": "reply", "key": "lab/x", "payload": 5 << 20 }]))),
                Settle,
                Do("a", with(get("lab/x", "ALL"), json!({ "payload": 3 << 20 }))),
                Hear("b", "q", 1),
            ],
        ),
        ("targets", targets()),
        (
            "consolidation",
            vec![
                Do(
                    "b",
                    queryable("lab/**", json!([answer("lab/x", "01"), answer("lab/x", "02"), answer("lab/y", "03")])),
                ),
                Settle,
                Do("a", get("lab/*", "ALL")),
                SortedAnswer("a", with(get("lab/*", "ALL"), json!({ "consolidation": "LATEST" }))),
                Do("a", with(get("lab/*", "ALL"), json!({ "consolidation": "MONOTONIC" }))),
                SortedAnswer("a", with(get("lab/*", "ALL"), json!({ "consolidation": "AUTO" }))),
            ],
        ),
        (
            "two queryables of one client",
            vec![
                Do("b", queryable("lab/*", json!([answer("lab/x", "01")]))),
                Do("b", with(queryable("lab/x", json!([answer("lab/x", "02")])), json!({ "name": "r" }))),
                Settle,
                SortedAnswer("a", get("lab/x", "ALL")),
                Do("b", named("undeclare", "r")),
                Settle,
                Do("a", get("lab/x", "ALL")),
                Do("b", named("undeclare", "q")),
                Settle,
                Do("a", get("lab/x", "ALL")),
            ],
        ),
        (
            "a queryable that never answers",
            vec![
                Do("b", silent("lab/**")),
                Do("c", queryable("lab/x", json!([answer("lab/x", "01")]))),
                Settle,
                SortedAnswer("a", with(get("lab/x", "ALL"), json!({ "timeout": 1.5 }))),
            ],
        ),
        (
            "a queryable whose link is lost",
            vec![
                Do("c", silent("lab/**")),
                Settle,
                Together(("a", get("lab/x", "ALL")), vec![Hear("c", "q", 1), Vanish("c")]),
            ],
        ),
        (
            "a querier",
            vec![
                Do(
                    "a",
                    json!({ "do": "querier", "name": "g", "key": "lab/x", "target": "ALL_COMPLETE", "timeout": 30.0 }),
                ),
                Settle,
                Do("a", named("is_matching", "g")),
                Do("b", queryable("lab/**", json!([answer("lab/x", "01")]))),
                Settle,
                Do("a", named("is_matching", "g")),
                Do("a", named("query", "g")),
                Do("c", complete("lab/**", json!([answer("lab/x", "02")]))),
                Settle,
                Do("a", named("is_matching", "g")),
                Do("a", named("query", "g")),
                Do("c", named("undeclare", "q")),
                Settle,
                Do("a", named("is_matching", "g")),
                Do("a", named("query", "g")),
            ],
        ),
        (
            "tokens",
            vec![
                Do("b", token("t", "lab/1")),
                Settle,
                Do("a", liveliness("with", "lab/*", true)),
                Do("a", liveliness("without", "lab/**", false)),
                Settle,
                Hear("a", "with", 1),
                Do("a", named("is_empty", "without")),
                Do("a", alive("lab/*")),
                Do("c", token("t", "lab/2")),
                Do("c", token("u", "lab/1")),
                Settle,
                Hear("a", "with", 1),
                Do("a", alive("**")),
                Do("b", named("undeclare", "t")),
                Settle,
                Do("a", alive("**")),
                Do("c", named("undeclare", "u")),
                Settle,
                Hear("a", "with", 1),
                Do("c", named("undeclare", "t")),
                Settle,
                Hear("a", "with", 1),
                Do("a", alive("**")),
                Do("a", named("is_empty", "with")),
            ],
        ),
        (
            "own tokens",
            vec![
                Do("a", token("t", "lab/1")),
                Settle,
                Do("a", liveliness("with", "lab/**", true)),
                Settle,
                Hear("a", "with", 1),
                Do("a", alive("lab/*")),
                Do("a", token("u", "lab/2")),
                Hear("a", "with", 1),
                Do("a", named("undeclare", "t")),
                Hear("a", "with", 1),
                Do("a", named("is_empty", "with")),
            ],
        ),
        (
            "matching of a publisher",
            vec![
                Do("b", json!({ "do": "publisher", "name": "p", "key": "lab/x" })),
                Do("b", json!({ "do": "matching", "name": "m", "of": "p" })),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("a", subscriber("s", "lab/*")),
                Hear("b", "m", 1),
                Do("b", named("is_matching", "p")),
                Do("c", subscriber("s", "lab/x")),
                Settle,
                Do("a", named("undeclare", "s")),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("c", named("undeclare", "s")),
                Hear("b", "m", 1),
                Do("b", named("is_matching", "p")),
                Do("a", subscriber("other", "other/*")),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("b", named("is_empty", "m")),
            ],
        ),
        (
            "matching that was there before",
            vec![
                Do("a", subscriber("s", "lab/**")),
                Settle,
                Do("b", json!({ "do": "publisher", "name": "p", "key": "lab/x" })),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("b", named("undeclare", "p")),
                Do("b", json!({ "do": "publisher", "name": "p", "key": "lab/x" })),
                Do("b", json!({ "do": "publisher", "name": "r", "key": "lab/**" })),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("b", named("is_matching", "r")),
                Do("a", named("undeclare", "s")),
                Settle,
                Do("b", named("is_matching", "p")),
                Do("b", named("is_matching", "r")),
            ],
        ),
        (
            "the loss of a link",
            vec![
                Do("c", subscriber("s", "lab/**")),
                Do("c", complete("lab/**", json!([answer("lab/x", "01")]))),
                Do("c", token("t", "lab/token")),
                Settle,
                Do("a", liveliness("l", "lab/**", true)),
                Do("a", json!({ "do": "publisher", "name": "p", "key": "lab/x" })),
                Do("a", json!({ "do": "matching", "name": "m", "of": "p" })),
                Do("a", json!({ "do": "querier", "name": "g", "key": "lab/x", "timeout": 30.0 })),
                Settle,
                Hear("a", "l", 1),
                Hear("a", "m", 1),
                Do("a", named("is_matching", "g")),
                Vanish("c"),
                Hear("a", "l", 1),
                Hear("a", "m", 1),
                Settle,
                Do("a", named("is_matching", "g")),
                Do("a", named("query", "g")),
                Do("a", alive("**")),
                // It comes back.
                Join("c"),
                Do("c", token("t", "lab/token")),
                Do("c", subscriber("s", "lab/**")),
                Settle,
                Hear("a", "l", 1),
                Hear("a", "m", 1),
                Do("a", with(named("publish", "p"), json!({ "payload": "01" }))),
                Hear("c", "s", 1),
            ],
        ),
        (
            "a session that is closed",
            vec![
                Do("c", token("t", "lab/token")),
                Do("c", queryable("lab/**", json!([]))),
                Settle,
                Do("a", liveliness("l", "lab/**", true)),
                Settle,
                Hear("a", "l", 1),
                Leave("c"),
                Hear("a", "l", 1),
                Do("a", get("lab/x", "ALL")),
                Do("a", alive("**")),
            ],
        ),
    ]
}
