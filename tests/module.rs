//! The JavaScript module of `js/`, packed and installed as any other package: on a page, in a Worker
//! and in Node, against a real router and zenoh's Python client.
//!
//! What zenoh's own module for browsers is known to do badly has a test here that shows what this
//! one does instead.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use support::{
    GUARD,
    lab::turn,
    module::{Place, ROOT, World, from_npm, gzip, has_node, program, project},
    peers::{pattern, sha256},
    python::Python,
};

/// Lengths that fit into a batch, need several, and need very many.
const LENS: [usize; 4] = [0, 64, 70_000, 11_796_480];

const MODES: [&str; 3] = ["copy", "borrow", "move"];

#[tokio::test(flavor = "multi_thread")]
async fn every_length_and_mode_goes_both_ways() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.subscribe("lab/up/*").await;
    for place in &mut places {
        place.ask(json!({ "do": "subscribe", "name": "down", "key": "lab/down" })).await;
        for len in LENS {
            let digest = sha256(&pattern(len));
            for mode in MODES {
                let key = format!("lab/up/{mode}");
                let put = json!({ "do": "put", "key": key, "len": len, "mode": mode, "congestionControl": 1 });
                let put = place.ask(put).await;
                let copied = if mode == "copy" { len } else { 0 };
                let detached = if mode == "move" && len > 6 { 3 } else { 0 };
                assert_eq!(put, json!({ "copied": copied, "gathered": len, "sent": true, "detached": detached }));
                let seen = python.seen().await;
                assert_eq!((seen.key, seen.len, seen.digest), (key, len, digest.clone()));
            }
            python.put("lab/down", len).await;
            let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
            assert_eq!(sample["payload"], json!({ "len": len, "sha256": digest }));
            assert_eq!((&sample["key"], &sample["local"]), (&json!("lab/down"), &json!(false)));
        }
        place.ask(json!({ "do": "undeclare", "name": "down" })).await;
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_put_carries_arrives_with_it() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.ask(json!({ "do": "subscriber", "name": "all", "key": "lab/**" })).await;
    python.settled().await;
    for place in &mut places {
        let options = json!({ "do": "putText", "key": "lab/text", "text": "grüß", "encoding": "text/plain;utf-8",
            "attachment": "more", "priority": 2, "congestionControl": 1, "express": true });
        place.ask(options).await;
        let seen = python.next("all").await;
        assert_eq!((&seen["kind"], &seen["payload"]), (&json!("PUT"), &json!("6772c3bcc39f")));
        assert_eq!((&seen["encoding"], &seen["attachment"]), (&json!("text/plain;utf-8"), &json!("6d6f7265")));
        let treatment = (&seen["priority"], &seen["congestion"], &seen["express"]);
        assert_eq!(treatment, (&json!("INTERACTIVE_HIGH"), &json!("BLOCK"), &json!(true)));
        place.ask(json!({ "do": "remove", "key": "lab/text" })).await;
        let seen = python.next("all").await;
        assert_eq!((&seen["kind"], &seen["key"]), (&json!("DELETE"), &json!("lab/text")));

        place.ask(json!({ "do": "subscribe", "name": "down", "key": "lab/down" })).await;
        let put = json!({ "do": "put", "key": "lab/down", "payload": 3, "encoding": "lab/own;x", "attachment": "6869",
            "priority": "DATA_HIGH", "congestion_control": "BLOCK" });
        python.ask(put).await;
        python.next("all").await;
        let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
        assert_eq!((&sample["encoding"], &sample["attachment"]), (&json!("lab/own;x"), &json!("hi")));
        assert_eq!((&sample["priority"], &sample["congestion"], &sample["kind"]), (&json!(4), &json!(1), &json!(0)));
        python.ask(json!({ "do": "delete", "key": "lab/down" })).await;
        python.next("all").await;
        let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
        assert_eq!((&sample["kind"], &sample["payload"]["len"]), (&json!(1), &json!(0)));
        place.ask(json!({ "do": "undeclare", "name": "down" })).await;
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_asked_and_answered_both_ways() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    let answers = json!([{ "with": "reply", "key": "lab/there", "payload": "6869" },
        { "with": "err", "payload": "6e6f" }]);
    python.ask(json!({ "do": "queryable", "name": "there", "key": "lab/there", "answers": answers })).await;
    python.settled().await;
    for place in &mut places {
        let found = place.ask(json!({ "do": "get", "selector": "lab/there?a=1", "payload": "?" })).await;
        assert_eq!(found, json!([[null, "no"], ["lab/there", "hi"]]));
        let query = python.next("there").await;
        assert_eq!((&query["parameters"], &query["payload"]), (&json!("a=1"), &json!("3f")));
        // A key under which there is nothing is not an error.
        assert_eq!(place.ask(json!({ "do": "get", "selector": "lab/empty" })).await, json!([]));

        place.ask(json!({ "do": "queryable", "key": "lab/here", "answers": ["one", "two"] })).await;
        let get = json!({ "do": "get", "selector": "lab/here?b=2", "payload": "3f", "consolidation": "NONE" });
        let replies = python.ask(get.clone()).await;
        let texts: Vec<_> = replies.as_array().unwrap().iter().map(|reply| reply["ok"]["payload"].clone()).collect();
        let hex = |text: &str| json!(support::python::hex(text.as_bytes()));
        assert_eq!(texts, [hex("one to b=2 ?"), hex("two to b=2 ?")]);
        place.ask(json!({ "do": "undeclare", "name": "queryable" })).await;
        // A handler that fails answers with an error, so that the asker does not wait.
        place.ask(json!({ "do": "queryable", "key": "lab/failing", "answers": [] })).await;
        let replies = python.ask(json!({ "do": "get", "selector": "lab/failing" })).await;
        let error = hex("the queryable failed: nothing is here");
        assert_eq!(replies[0]["err"]["payload"], error, "{replies}");
        place.ask(json!({ "do": "undeclare", "name": "queryable" })).await;

        place.ask(json!({ "do": "token", "key": "lab/alive/a" })).await;
        assert_eq!(python.ask(json!({ "do": "alive", "key": "lab/alive/*" })).await, json!(["lab/alive/a"]));
        assert_eq!(place.ask(json!({ "do": "alive", "key": "lab/alive/*" })).await, json!(["lab/alive/a"]));
        place.ask(json!({ "do": "undeclare", "name": "token" })).await;
        assert_eq!(python.ask(json!({ "do": "alive", "key": "lab/alive/*" })).await, json!([]));

        assert_eq!(place.ask(json!({ "do": "matching", "key": "lab/match" })).await, json!(false));
        python.ask(json!({ "do": "subscriber", "name": "match", "key": "lab/match" })).await;
        python.settled().await;
        assert_eq!(place.ask(json!({ "do": "matching", "key": "lab/match" })).await, json!(true));
        python.ask(json!({ "do": "undeclare", "name": "match" })).await;
        python.settled().await;
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_by_code() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        let refused = place.ask(json!({ "do": "refusals" })).await;
        let expected = json!({
            "detached": "DETACHED", "partial": "PARTIAL", "resizable": "RESIZABLE", "twice": "TAKEN_TWICE",
            "list": "NOT_BYTES", "number": "NOT_BYTES", "nothing": "NOT_BYTES", "object": "NOT_BYTES",
            "mode": "ARGUMENT", "modeOfText": "ARGUMENT", "modeOfPayload": "ARGUMENT", "key": "KEY_EXPR", "keyOfPublisher": "KEY_EXPR", "keyOfSubscriber": "KEY_EXPR",
            "keyOfGet": "KEY_EXPR", "keyOfNumber": "ARGUMENT", "encoding": "ENCODING", "priority": "ARGUMENT",
            "shared": "SHARED", "left": 8, "instead": 56,
        });
        assert_eq!(refused, expected);
        // zenoh-ts sends two bytes of an Int32Array of two elements, and none of an ArrayBuffer.
        assert_eq!(place.ask(json!({ "do": "lengths" })).await, json!([8, 5, 24, 5, 5, 6, 0]));
        let modes = place.ask(json!({ "do": "modes" })).await;
        assert_eq!(modes["bytes"], json!([1, 1, 1, 9, 9, 9, 3, 3, 3, 195, 169]));
        assert_eq!(
            (&modes["part"], &modes["nested"]),
            (&json!([1, 9, 9, 9, 3, 3, 3]), &json!([1, 1, 9, 9, 9, 3, 3, 3]))
        );
        assert_eq!(
            (&modes["segments"], &modes["moved"], &modes["same"]),
            (&json!([3, 3, 3, 2]), &json!(0), &json!(true))
        );
        let line = json!({ "stage": "Build", "reason": "CopyMode", "from": "JsHeap", "to": "Linear", "bytes": 3 });
        assert_eq!(modes["ledger"], json!([line]));
        for (key, what_to_do) in
            [("fr*nt", "$*"), ("a/fr$nt", "$*"), ("a#b", "question mark"), ("**/**", "autocanonize"), ("/a", "slash")]
        {
            let words = place.ask(json!({ "do": "keyWords", "key": key })).await;
            let words = words.as_str().unwrap();
            assert!(
                words.contains(&format!("“{key}”")) && words.rsplit(". ").next().unwrap().contains(what_to_do),
                "{words}"
            );
        }
        for (at, code) in [("tcp/127.0.0.1:7447", "LOCATOR"), ("ws://", "LOCATOR"), ("nonsense", "LOCATOR")] {
            assert_eq!(place.ask(json!({ "do": "opening", "where": at })).await, json!(code));
        }
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_the_argument_and_the_way_out() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let expected = [
        ("missing", "The payload is missing"),
        ("nothing", "The payload is null"),
        ("list", "The payload is a list of 2 values; several arrays become one payload by ZBytes.fromSegments([…])"),
        (
            "segment",
            "The payload is an object with bytes, mode; one with a mode is a segment: write ZBytes.fromSegments",
        ),
        ("attachment", "The attachment is the number 7, which has no bytes"),
        ("ofPayload", "The payload is a list of 1 value; several arrays become one payload"),
        ("typedArray", "ZBytes.fromSegments takes a list of segments, and this is an Int32Array; put it in [ ]"),
        ("buffer", "and this is an ArrayBuffer; put it in [ ]"),
        ("second", "Segment 1: the source is a number"),
        ("listInList", "The source of segment 1 is a list of 2 values; write Uint8Array.from(list)"),
        (
            "notOptions",
            "The options of fromSegments are an object, and this is the text \"borrow\"; write { mode: \"borrow\" }",
        ),
        ("misspelt", "The option congestioncontrol of put is unknown; write congestionControl"),
        ("unknown", "The option retries of put is unknown; expected one of encoding, congestionControl, priority,"),
        ("ofPublisher", "The option priority of put of a publisher is unknown; expected one of encoding, attachment,"),
        ("keyOfPublisher", "this is a ZBytes; a publisher has its key: write put(payload, options)"),
        ("noOptions", "The options of put are an object, and this is an ArrayBuffer"),
        ("ofDeclared", "The option number of declarePublisher is unknown"),
        ("ofSubscriber", "The option handlers of declareSubscriber is unknown"),
        ("ofGet", "The option time_out of get is unknown; write timeout"),
        ("ofQueryable", "The option completed of declareQueryable is unknown"),
        ("ofSegment", "The option Mode of a segment is unknown; write mode"),
        ("ofChannel", "The option size of a channel is unknown"),
        ("ofLiveliness", "The option histories of declareSubscriber of liveliness is unknown"),
        ("ofSession", "The option queue of open is unknown"),
        ("constant", "The option congestionControl is the text \"BLOCK\"; write CongestionControl.BLOCK"),
        ("number", "The option priority is the number 9; expected one of Priority.REAL_TIME,"),
        ("flag", "The option express is the text \"yes\"; expected true or false"),
        ("target", "The option target is the text \"all\"; write QueryTarget.ALL"),
        ("timeout", "The option timeout is the text \"soon\"; expected a number of milliseconds"),
        ("stamp", "A timestamp is a Timestamp of this module"),
        ("mode", "The mode is the text \"Borrow\"; expected \"copy\", \"borrow\" or \"move\""),
        ("handler", "The handler is the text \"log\"; expected a function, a FifoChannel or a RingChannel"),
        ("where", "such as ws/127.0.0.1:7446, or an object with a locator, and this is an object with connect"),
        ("key", "A key expression is a text, and this is the number 7"),
        ("array", "The first argument of array is a class of typed arrays, such as Float64Array"),
        ("lengthOfBytes", "The length is the text \"4\"; expected a whole number of bytes"),
        ("lengthOfSkip", "The length is the text \"1\"; expected a whole number of bytes"),
        ("position", "The position is the number 5; expected a whole number from 0 to 4"),
        ("picture", "The payload is an object with data, width; its bytes are in its property data"),
        ("function", "The options of declareSubscriber are an object, and this is a function; write { handler: … }"),
    ];
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for place in &mut places {
        let words = place.ask(json!({ "do": "words" })).await;
        assert_eq!(words.as_object().unwrap().len(), expected.len(), "{words}");
        for (name, said) in expected {
            assert!(words[name].as_str().unwrap().contains(said), "{name}: {}", words[name]);
        }
        // The lines of the caller are there, and none of the program's.
        let stacks = place.ask(json!({ "do": "stacks", "nowhere": format!("ws/{free}") })).await;
        for stack in stacks.as_array().unwrap().iter().map(|stack| stack.as_str().unwrap()) {
            let lines: Vec<_> = stack.lines().take(9).collect();
            assert!(lines.iter().any(|line| line.contains("theCaller")), "{stack}");
            assert!(!lines.iter().any(|line| line.contains("wasm")), "{stack}");
        }
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_does_not_open_says_where_and_why() {
    let _turn = turn().await;
    let world = World::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("ws://{}/zenoh", world.lab.page_addr());
    let asked = |at: &str| json!({ "do": "openingWords", "where": at });
    let words = |said: Value| said.as_str().unwrap().to_owned();
    let mut page = world.page("").await;
    let said = words(page.ask(asked(&format!("ws/{free}"))).await);
    assert!(said.starts_with(&format!("The WebSocket to ws://{free} did not open: ")), "{said}");
    assert!(said.contains("a browser does not say which") && said.contains("/zenoh of ZBytes Lab"), "{said}");
    page.leave().await;
    let mut nodes: Vec<_> = world.node().into_iter().collect();
    let other = from_npm().join("node_modules/node/bin/node");
    if other.exists() {
        // Version 22, with a WebSocket of its own that tells no cause.
        nodes.extend(world.node_by(other));
    }
    for mut node in nodes {
        let said = words(node.ask(asked(&format!("ws/{free}"))).await);
        assert!(said.contains(&format!("did not open: connect ECONNREFUSED {free}. Look whether zenohd")), "{said}");
        let said = words(node.ask(asked("ws://no-such-host.invalid:7446")).await);
        assert!(said.contains("no-such-host.invalid. Look whether the name of the host is right"), "{said}");
        // The endpoint of the page takes no program without an origin, and says so.
        let said = words(node.ask(asked(&endpoint)).await);
        assert!(said.contains("the server answers 403 Forbidden: expected one Origin header"), "{said}");
        assert!(said.contains("ws port of the router") && !said.contains("zenohd"), "{said}");
        assert!(!said.contains("browser does not say"), "{said}");
        node.leave().await;
    }
    world.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_read_wherever_they_lie() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        let numbers = place.ask(json!({ "do": "numbers" })).await;
        let values = json!([1.5, -2, 1e300, 7, 65_535]);
        let here = json!({ "values": values, "copied": 0, "same": true, "rest": 3, "reasons": [] });
        assert_eq!(numbers["here"], here, "a view of the array itself");
        for (before, read) in numbers["read"].as_array().unwrap().iter().enumerate() {
            // Behind three letters; 24 bytes later come the short ones.
            let doubles = if (before + 3) % 8 == 0 { 0 } else { 24 };
            let shorts = if (before + 3) % 2 == 0 { 0 } else { 4 };
            let reasons = if doubles + shorts == 0 { json!([]) } else { json!(["Unaligned"]) };
            let expected =
                json!({ "values": values, "copied": doubles + shorts, "same": false, "rest": 3, "reasons": reasons });
            assert_eq!(read, &expected, "{before} bytes before it");
        }
        assert_eq!((&numbers["partly"], &numbers["tooFar"]), (&json!("RANGE"), &json!("RANGE")));
        assert_eq!(numbers["position"], json!(1));
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_hears_what_is_put_once_it_is_declared() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.ask(json!({ "do": "subscriber", "name": "one", "key": "lab/wild/one" })).await;
    python.settled().await;
    for place in &mut places {
        let heard = place.ask(json!({ "do": "heardAtOnce", "where": world.lab.ws_locator(), "times": 20 })).await;
        assert_eq!(heard, json!(20));
        // A key with wildcards is put, as by all of zenoh.
        place.ask(json!({ "do": "putText", "key": "lab/wild/*", "text": "to all" })).await;
        assert_eq!(python.next("one").await["key"], json!("lab/wild/*"));
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_numbered_publisher_lets_subscribers_count_what_is_missed() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        for numbered in [true, false] {
            let ask = json!({ "do": "numbered", "where": world.lab.ws_locator(), "key": "lab/numbered", "count": 12, "numbered": numbered });
            let told = place.ask(ask).await;
            let dropped = told["dropped"].as_u64().unwrap();
            // The router may drop some more.
            let lost = 12 - told["arrived"].as_u64().unwrap();
            assert!((1..12).contains(&dropped) && lost >= dropped, "{told}");
            assert_eq!(told["missed"], json!(if numbered { lost } else { 0 }), "{told}");
        }
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_names_the_bound_and_is_not_repeated() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        for (bytes, bound, most, held) in
            [(0, "capacity", 3, "its capacity of 3 values"), (16, "bytes", 16, "its bound of 16 B")]
        {
            let ask = json!({ "do": "warnings", "where": world.lab.ws_locator(), "key": format!("lab/warn/{bound}"), "count": 25, "bytes": bytes });
            let told = place.ask(ask).await;
            assert_eq!((&told["bound"], &told["most"], &told["count"]), (&json!(bound), &json!(most), &json!(1)));
            let lines: Vec<_> = told["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            assert_eq!(lines.len(), 2, "{told}");
            assert!(lines[0].contains(held) && lines[0].contains("dropped 1: read faster"), "{told}");
            assert!(lines[1].contains("dropped 10 so far"), "{told}");
        }
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_and_messages_are_read_by_pieces() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let lens = [16, 120_000, 0];
    let found: Vec<Value> = lens.iter().map(|len| json!({ "len": len, "sha256": sha256(&pattern(*len)) })).collect();
    // Three segments: their number less one, and the words of each.
    let table = json!([2, 0, 0, 0, 2, 0, 0, 0, 0x98, 0x3a, 0, 0, 0, 0, 0, 0]);
    for place in &mut places {
        let read = place.ask(json!({ "do": "read" })).await;
        let expected = json!({
            "number": 258, "text": "äb", "whole": 2, "across": [98, 7, 7], "rest": 4, "left": 0, "same": true,
            "tooFar": "RANGE", "negative": "RANGE", "part": "RANGE", "empty": 0,
        });
        assert_eq!(read, expected);
        let message = place.ask(json!({ "do": "message", "key": "lab/message", "lens": lens })).await;
        assert_eq!((&message["table"], &message["copied"], &message["found"]), (&table, &json!(0), &json!(found)));
        assert_eq!(message["refused"], json!(vec!["MESSAGE"; 9]));
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_opened_over_a_port_that_was_handed_over() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.subscribe("lab/up").await;
    let stream = format!("{}?framing=stream", world.lab.ws_locator());
    let (mut page, mut worker) = (world.page("").await, world.page("#worker").await);
    let mut places: Vec<(&mut Place, &str)> = vec![(&mut page, "openOver"), (&mut worker, "open")];
    let mut node = world.node();
    places.extend(node.as_mut().map(|node| (node, "openOver")));
    for (place, open) in &mut places {
        // One batch in each message, and a stream of them.
        for at in [world.lab.ws_locator(), stream.clone()] {
            place.ask(json!({ "do": open, "where": at, "handOver": true })).await;
            place.ask(json!({ "do": "subscribe", "name": "down", "key": "lab/down" })).await;
            for len in LENS {
                let put = json!({ "do": "put", "key": "lab/up", "len": len, "mode": "borrow", "congestionControl": 1 });
                place.ask(put).await;
                assert_eq!(python.seen().await.digest, sha256(&pattern(len)));
                python.put("lab/down", len).await;
                let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
                assert_eq!(sample["payload"]["sha256"], json!(sha256(&pattern(len))));
            }
            assert_eq!(place.ask(json!({ "do": "close" })).await, json!(true));
        }
        // Nothing listens there. The session is told, and does not try again.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nowhere = json!({ "do": open, "where": format!("ws/{free}"), "handOver": true });
        let refused = place.tried(nowhere).await;
        assert_eq!(refused["error"]["code"], json!("LOST"), "{refused}");
        place.ask(json!({ "do": open, "where": stream, "handOver": true })).await;
        place.ask(json!({ "do": "events" })).await;
    }
    world.lab.stop_router().await;
    for (place, _) in &mut places {
        let events = place.ask(json!({ "do": "events", "until": "closed" })).await;
        assert!(
            events.as_array().unwrap().iter().any(|event| event["type"] == "closed" && event["code"].is_string()),
            "{events}"
        );
        assert_eq!(place.ask(json!({ "do": "lostPut" })).await, json!("CLOSED"));
    }
    drop(places);
    python.leave().await;
    for place in [page, worker].into_iter().chain(node) {
        place.leave().await;
    }
    world.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_of_one_task_share_batches_awaited_or_not() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        let looped = |count: u32, awaited: bool, express: bool| json!({ "do": "loop", "key": "lab/loop", "count": count, "awaited": awaited, "express": express });
        for awaited in [false, true] {
            let sent = place.ask(looped(200, awaited, false)).await;
            assert_eq!(sent, json!({ "messages": 200, "batches": 1 }), "awaited: {awaited}");
        }
        let sent = place.ask(looped(20, true, true)).await;
        assert_eq!(sent, json!({ "messages": 20, "batches": 20 }));
        // A loop of many is several tasks, so that a page is not held up.
        let sent = place.ask(looped(5_000, true, false)).await;
        let batches = sent["batches"].as_u64().unwrap();
        assert!(sent["messages"] == json!(5_000) && (5..=100).contains(&batches), "{sent}");
        // A burst beyond the bound of what may wait holds no later put back.
        let behind = json!({ "do": "loop", "key": "lab/loop", "count": 5_000, "awaited": true, "burst": 6 });
        let sent = place.ask(behind).await;
        let batches = sent["batches"].as_u64().unwrap();
        assert!(sent["messages"] == json!(5_000) && (5..=100).contains(&batches), "{sent}");
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_put_arrives_and_the_session_goes_on() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.subscribe("lab/long").await;
    // From 64 MiB on zenoh-ts says "ok", nothing arrives, and the session is dead.
    let len = 80 << 20;
    for place in &mut places {
        for len in [len, 10] {
            place
                .ask(json!({ "do": "put", "key": "lab/long", "len": len, "mode": "borrow", "congestionControl": 1 }))
                .await;
            assert_eq!(python.seen().await.digest, sha256(&pattern(len)));
        }
        // A session that is closed lets go of what it has taken first.
        let lens = [5, 1_000, 3 << 20];
        let close = json!({ "do": "putAndClose", "where": world.lab.ws_locator(), "key": "lab/long", "lens": lens });
        assert_eq!(place.ask(close).await, json!("CLOSED"));
        for len in lens {
            assert_eq!(python.seen().await.digest, sha256(&pattern(len)), "{len}");
        }
        // What is not awaited keeps its order, which zenoh-ts changes.
        let lens = [300_000, 1, 70_000, 2, 1_000_000, 3, 4];
        assert_eq!(place.ask(json!({ "do": "order", "key": "lab/order", "lens": lens })).await, json!(lens));
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_channel_tells_what_it_has_dropped() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        // zenoh-ts drops the newest samples of a default subscriber in silence.
        for (ring, kept) in [(false, ["0", "1", "2"]), (true, ["7", "8", "9"])] {
            let subscribe = json!({ "do": "subscribe", "name": "slow", "key": "lab/slow", "capacity": 3, "ring": ring, "local": true });
            place.ask(subscribe).await;
            for i in 0..10 {
                place.ask(json!({ "do": "putText", "key": "lab/slow", "text": i.to_string() })).await;
            }
            let drained = place.ask(json!({ "do": "drained", "name": "slow" })).await;
            assert_eq!(drained, json!({ "texts": kept, "dropped": 7 }));
            let events = place.ask(json!({ "do": "events", "until": "dropped" })).await;
            let counts = events.as_array().unwrap().iter().filter_map(|event| event["count"].as_u64());
            assert_eq!(counts.sum::<u64>(), 7, "{events}");
            place.ask(json!({ "do": "undeclare", "name": "slow" })).await;
        }
        // Who asks need not wait for an answer to a query that was dropped.
        let found = place.ask(json!({ "do": "droppedQueries", "key": "lab/asked" })).await;
        assert_eq!(found, json!([["one"], [], []]));
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_subscriber_is_undeclared_by_the_collector() {
    let world = World::new().await;
    let Some(mut node) = world.node() else { return world.lab.stop().await };
    node.ask(json!({ "do": "open", "where": world.lab.ws_locator() })).await;
    let found = node.ask(json!({ "do": "forgotten", "key": "lab/forgotten" })).await;
    assert_eq!(found, json!({ "before": true, "after": true, "heard": 1 }));
    world.end(vec![node]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_subscriber_is_not_named_again_reads_on() {
    let world = World::new().await;
    let Some(mut node) = world.node() else { return world.lab.stop().await };
    node.ask(json!({ "do": "open", "where": world.lab.ws_locator() })).await;
    let found = node.ask(json!({ "do": "unnamed", "key": "lab/unnamed" })).await;
    assert_eq!(found, json!({ "loop": 5, "receiver": 5, "own": 5 }));
    world.end(vec![node]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_fails_is_told_and_answers_again() {
    let world = World::new().await;
    let Some(mut node) = world.node() else { return world.lab.stop().await };
    node.ask(json!({ "do": "open", "where": world.lab.ws_locator() })).await;
    let found = node.ask(json!({ "do": "failing", "key": "lab/failing" })).await;
    let told = "the queryable failed: on purpose";
    assert_eq!(found, json!([told, told]));
    world.end(vec![node]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_goes_and_comes_back_is_told_and_met() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut places = world.places().await;
    for place in &mut places {
        place.ask(json!({ "do": "subscribe", "name": "down", "key": "lab/down" })).await;
    }
    world.lab.stop_router().await;
    for place in &mut places {
        let events = place.ask(json!({ "do": "events", "until": "lost" })).await;
        let code = events[0]["code"].as_str().unwrap();
        assert!(["LOST", "CLOSED_BY_ROUTER"].contains(&code), "{events}");
        // zenoh-ts says "ok", and the put is lost.
        assert_eq!(place.ask(json!({ "do": "lostPut" })).await, json!("NOT_OPEN"));
    }
    world.lab.start_router().await.unwrap();
    for place in &mut places {
        place.ask(json!({ "do": "events", "until": "resumed" })).await;
        // zenoh-ts never connects again. Here the subscriber is declared again too.
        let mut python = Python::join(&world.lab.tcp_locator()).await;
        python.put("lab/down", 70_000).await;
        let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
        assert_eq!(sample["payload"]["sha256"], json!(sha256(&pattern(70_000))));
        place.ask(json!({ "do": "undeclare", "name": "down" })).await;
        python.leave().await;
    }
    // A port at which no program listens: zenoh-ts leaves the promise pending for minutes.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for place in &mut places {
        let code = place.ask(json!({ "do": "opening", "where": format!("ws/{free}") })).await;
        assert_eq!(code, json!("NOT_OPENED"));
    }
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_do_what_they_say() {
    let world = World::new().await;
    let Some(project) = &world.project else { return world.lab.stop().await };
    let ws = world.lab.ws_locator();
    let mut subscribe = program(project, "examples/subscribe.js", &[&ws, "camera/front", "3"]);
    assert_eq!(subscribe.line(GUARD).await, "subscribed to camera/front");
    let mut publish = program(project, "examples/publish.js", &[&ws, "camera/front", "3"]);
    for number in 0..3 {
        assert_eq!(
            publish.line(GUARD).await,
            format!("frame {number}: 921,624 B in 3 segments, 0 B copied to build it")
        );
        let line = subscribe.line(GUARD).await;
        assert_eq!(line, format!("frame {number}: 640 x 480, 921,624 B, text: front camera"));
    }
    publish.leave().await;
    subscribe.leave().await;

    let mut queryable = program(project, "examples/queryable.js", &[&ws, "room/1/temperature"]);
    assert_eq!(queryable.line(GUARD).await, "answering room/1/temperature");
    let mut get = program(project, "examples/get.js", &[&ws, "room/*/temperature?unit=K"]);
    assert_eq!(get.line(GUARD).await, "room/1/temperature: 294.15");
    get.leave().await;
    assert_eq!(queryable.line(GUARD).await, "asked for room/*/temperature?unit=K");

    let mut watch = program(project, "examples/liveliness.js", &[&ws, "robot/*"]);
    assert_eq!(watch.line(GUARD).await, "watching robot/*");
    let mut robot = program(project, "examples/liveliness.js", &[&ws, "robot/7", "be"]);
    assert_eq!(robot.line(GUARD).await, "robot/7 is alive");
    assert_eq!(watch.line(GUARD).await, "robot/7 has come");
    // It ends when its input does.
    robot.leave().await;
    assert_eq!(watch.line(GUARD).await, "robot/7 has gone");
    watch.leave().await;
    queryable.leave().await;
    world.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_of_the_readme_run() {
    let world = World::new().await;
    let Some(project) = &world.project else { return world.lab.stop().await };
    let readme = fs::read_to_string(Path::new(ROOT).join("js/README.md")).unwrap();
    for (name, code) in ["subscriber.mjs", "publisher.mjs", "square.mjs"].iter().zip(readme.split("```js\n").skip(1)) {
        let code = code.split("```").next().unwrap();
        assert!(code.contains(name) && code.contains("ws/127.0.0.1:7446"), "{code}");
        fs::write(project.path().join(name), code.replace("ws/127.0.0.1:7446", &world.lab.ws_locator())).unwrap();
    }
    let mut subscriber = program(project, "subscriber.mjs", &[]);
    assert_eq!(subscriber.line(GUARD).await, "subscribed");
    let publisher = program(project, "publisher.mjs", &[]);
    for number in 1..=10 {
        let line = format!("camera/front: frame {number} of the front camera, depth {number}.5 m, 921600 B of pixels");
        assert_eq!(subscriber.line(GUARD).await, line);
    }
    publisher.leave().await;
    subscriber.leave().await;
    let mut square = program(project, "square.mjs", &[]);
    assert_eq!(square.line(GUARD).await, "49");
    square.leave().await;
    world.lab.stop().await;
}

#[test]
fn the_types_are_right_by_the_strict_checker() {
    if !has_node() {
        return;
    }
    let project = project();
    let tsc = from_npm().join("node_modules/typescript/bin/tsc");
    let check = |file: &str| {
        let mut command = Command::new("node");
        command.arg(&tsc).args(["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"]);
        // The libraries of a usual project: the types bring along what else they need.
        command.args(["--lib", "es2023,dom", "--skipLibCheck", "false", "--moduleResolution", "nodenext", file]);
        command.current_dir(project.path()).output().unwrap()
    };
    run_of("types.ts", &check("types.ts"), true);
    // Each of these lines is wrong, and the checker says so.
    let wrong = fs::read_to_string(project.path().join("wrong.ts")).unwrap();
    let said = run_of("wrong.ts", &check("wrong.ts"), false);
    for (number, line) in wrong.lines().enumerate().filter(|(_, line)| line.ends_with("// wrong")) {
        assert!(said.contains(&format!("wrong.ts({},", number + 1)), "not told: {line}\n{said}");
    }
}

fn run_of(what: &str, output: &std::process::Output, is_right: bool) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), is_right, "{what}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn the_module_is_as_small_as_it_says() {
    let dist = Path::new(ROOT).join("js/dist");
    let mut sum = 0;
    println!("Bytes of the module by gzip");
    let mut files: Vec<_> = fs::read_dir(dist).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "js")) {
        let bytes = gzip(&fs::read(path).unwrap());
        println!("  {:<48} {bytes:>10}", path.file_name().unwrap().display());
        sum += bytes;
    }
    println!("  {:<48} {sum:>10}", "in all");
    assert!(sum <= 210_000, "{sum} B are more than 210,000 B");
}
