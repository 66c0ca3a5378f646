//! Each row of the API with the official Python client on the other side, in both directions. The
//! tests compare values, and do not only check arrival.

use serde_json::{Value, json};
use zbytes_lab::client::{Publisher, Querier, channel::Channel};

use super::{
    support::python::{Python, hex},
    values::{asked, congestion_name, described, name_of, replied},
    *,
};

/// The expected form of a sample, without the time of a router's stamp.
fn unstamped(mut sample: Value) -> Value {
    assert!(sample["timestamp"].is_string(), "a router stamps: {sample}");
    sample["timestamp"] = Value::Null;
    sample
}

const PRIORITIES: [ours::Priority; 7] = [
    ours::Priority::RealTime,
    ours::Priority::InteractiveHigh,
    ours::Priority::InteractiveLow,
    ours::Priority::DataHigh,
    ours::Priority::Data,
    ours::Priority::DataLow,
    ours::Priority::Background,
];

const ENCODINGS: [&str; 5] = ["zenoh/bytes", "text/plain;utf-8", "application/json;lab/schema", "lab/own", "lab/own;x"];

/// A put that differs in every option from its neighbours.
fn varied(n: usize) -> Put {
    let sizes = [0, 1, 65_450, 65_535, 70_000, 300_000];
    let seconds = (n as u64 + 1) << 32;
    let mut id = [0; 16];
    id[..5].fill(n as u8 + 1);
    let stamp = Timestamp::new(seconds, ZenohId::new(id).unwrap());
    let payload_of = payload(&noise(n as u64, sizes[n % 6]));
    Put {
        attachment: [None, Some(0), Some(9), Some(70_000)][n % 4].map(|len| payload(&noise(n as u64 + 50, len))),
        timestamp: (n % 3 != 2).then_some(stamp),
        // Only small puts may be dropped, and the link is free, so none of them is.
        congestion_control: [ours::CongestionControl::Block, ours::CongestionControl::Drop][usize::from(n % 6 == 1)],
        priority: PRIORITIES[n % 7],
        reliability: [ours::Reliability::Reliable, ours::Reliability::BestEffort][usize::from(n % 6 == 1)],
        express: n.is_multiple_of(2),
        ..Put::new(
            key(&format!("lab/put/{n}")),
            SampleKind::Put { payload: payload_of, encoding: ENCODINGS[n % 5].parse().unwrap() },
        )
    }
}

/// A put in the form in which the Python client sees it, or gets the command for it.
fn value_of(put: &Put) -> Value {
    json!({
        "key": put.key_expr.as_str(),
        "kind": "PUT",
        "payload": hex(&put.kind.payload().map(flat).unwrap_or_default()),
        "encoding": put.kind.encoding().cloned().unwrap_or_default().to_string(),
        "attachment": put.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
        "timestamp": put.timestamp.as_ref().map(ToString::to_string),
        "priority": name_of(put.priority),
        "congestion": congestion_name(put.congestion_control),
        "express": put.express,
        "source": Value::Null,
    })
}

/// As [`value_of`], for a command.
fn command_of(put: &Put, what: &str) -> Value {
    let time = |stamp: &Timestamp| {
        let bytes = stamp.id().to_le_bytes();
        let len = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        json!([stamp.since_1970().as_secs(), 0, hex(&bytes[..len])])
    };
    json!({
        "do": what,
        "key": put.key_expr.as_str(),
        "payload": hex(&put.kind.payload().map(flat).unwrap_or_default()),
        "encoding": put.kind.encoding().cloned().unwrap_or_default().to_string(),
        "attachment": put.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
        "timestamp": put.timestamp.as_ref().map(time),
        "priority": name_of(put.priority),
        "congestion_control": congestion_name(put.congestion_control),
        "express": put.express,
    })
}

/// Drives a get until it ends.
async fn get(link: &mut Link, get: Get) -> (Vec<Value>, Result<(), GetError>) {
    let (op, now) = (link.op(), link.now());
    link.client.get(op, get, now).unwrap();
    let mut replies = Vec::new();
    loop {
        match link.event().await {
            Event::Reply(other, reply) if other == op => replies.push(replied(&reply)),
            Event::GetEnded(other, end) if other == op => return (replies, end),
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_have_equal_values_at_both_ends() {
    let lab = router().await;
    let mut python = Python::join(&lab.tcp_locator()).await;
    python.ask(json!({ "do": "subscriber", "name": "all", "key": "lab/put/**" })).await;
    python.settled().await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let info = link.info.clone().unwrap();

    // Ours to theirs: puts, numbered ones, deletes.
    for n in 0..14 {
        let (op, put) = (link.op(), varied(n));
        let mut expected = value_of(&put);
        let numbered = n % 2 == 1;
        let put = Put { numbered: numbered.then_some(7), ..put };
        if numbered {
            expected["source"] = json!([info.zid.to_string(), 7, n / 2]);
        }
        let stamped = put.timestamp.is_some();
        link.client.put(op, put).unwrap();
        let (got, _) = link.during(python.next("all")).await;
        assert_eq!(if stamped { got } else { unstamped(got) }, expected, "put {n}");
    }
    let template = Put { priority: ours::Priority::DataLow, ..block("lab/put/gone", payload(b"")) };
    let publisher =
        Publisher { template: Put { attachment: Some(payload(b"why")), ..template }, encoding: Encoding::TEXT_PLAIN };
    let put = publisher.put(payload(b"here"));
    let expected = value_of(&put);
    link.client.put(98, put).unwrap();
    assert_eq!(unstamped(link.during(python.next("all")).await.0), expected);
    let delete = publisher.delete();
    let mut expected = value_of(&delete);
    expected["kind"] = json!("DELETE");
    link.client.put(99, delete).unwrap();
    // A router stamps puts only.
    assert_eq!(link.during(python.next("all")).await.0, expected);

    // Theirs to ours: from the session and from a publisher, also one of the other reliability.
    link.client.declare_subscriber(1, key("lab/put/**")).unwrap();
    link.flush().await;
    for n in 0..14 {
        let put = varied(n);
        let (mut expected, stamped) = (value_of(&put), put.timestamp.is_some());
        let publisher = n % 2 == 1;
        if publisher {
            let (name, key) = (format!("publisher {n}"), put.key_expr.as_str());
            let reliability = [json!("RELIABLE"), json!("BEST_EFFORT")][usize::from(n % 6 == 1)].clone();
            python
                .ask(json!({
                    "do": "publisher", "name": name, "key": key, "reliability": reliability, "priority": name_of(put.priority),
                    "congestion_control": congestion_name(put.congestion_control), "express": put.express,
                }))
                .await;
            let mut command = command_of(&put, "publish");
            for key in ["key", "priority", "congestion_control", "express"] {
                command.as_object_mut().unwrap().remove(key);
            }
            (command["name"], command["sn"]) = (json!(name), json!(n));
            python.ask(command).await;
            let mut source = python.ask(json!({ "do": "numbered", "name": name })).await;
            source.as_array_mut().unwrap().push(json!(n));
            expected["source"] = source;
        } else {
            python.ask(command_of(&put, "put")).await;
        }
        let got = sample(link.until(|event| matches!(event, Event::Sample(sample) if !sample.local)).await);
        assert_eq!(got.reliability == ours::Reliability::BestEffort, n % 6 == 1, "put {n}");
        let got = described(&got);
        assert_eq!(if stamped { got } else { unstamped(got) }, expected, "put {n}");
        python.next("all").await;
    }
    python.ask(json!({ "do": "unpublish", "name": "publisher 5", "attachment": hex(b"why") })).await;
    let mut expected = value_of(&varied(5));
    for (field, value) in [("kind", json!("DELETE")), ("payload", json!("")), ("attachment", json!(hex(b"why")))] {
        expected[field] = value;
    }
    (expected["encoding"], expected["timestamp"]) = (json!("zenoh/bytes"), Value::Null);
    assert_eq!(described(&sample(link.until(is_sample).await)), expected);

    // The ids of both sides.
    let theirs = python.ask(json!({ "do": "info" })).await;
    assert_eq!(theirs["routers"], json!([info.router_zid.to_string()]));
    assert_ne!(theirs["zid"], json!(info.zid.to_string()));
    let names: Value = (0..53).map(|id| encoding(id, None).to_string()).collect::<Vec<_>>().into();
    let mut sorted: Vec<Value> = names.as_array().unwrap().clone();
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    assert_eq!(python.ask(json!({ "do": "encodings" })).await, Value::Array(sorted));
    lab.stop().await;
}

/// The answers of a queryable.
fn answers() -> Value {
    json!([
        { "with": "reply", "key": "lab/q/x", "payload": hex(b"one"), "encoding": "image/png;x", "timestamp": [10, 0, "01"] },
        { "with": "reply", "key": "lab/q/x", "payload": hex(b"newer"), "attachment": hex(b"more"), "timestamp": [12, 0, "01"] },
        { "with": "reply", "key": "lab/q/x", "payload": hex(b"older"), "timestamp": [11, 0, "01"] },
        { "with": "reply", "key": "lab/q/y", "payload": hex(&noise(1, 300_000)), "timestamp": [10, 0, "01"] },
        { "with": "del", "key": "lab/q/z", "attachment": hex(b"gone"), "timestamp": [10, 0, "01"] },
        { "with": "err", "payload": hex(b"no"), "encoding": "text/plain;utf-8" },
        { "with": "reply", "key": "lab/elsewhere", "payload": hex(b"unasked"), "timestamp": [10, 0, "01"] },
    ])
}

/// The reply that results from an answer.
fn reply_of(answer: &Value, priority: &str) -> Value {
    if answer["with"] == "err" {
        return json!({ "err": { "payload": answer["payload"], "encoding": answer["encoding"] } });
    }
    let seconds = answer["timestamp"][0].as_u64().unwrap();
    json!({ "ok": {
        "key": answer["key"],
        "kind": if answer["with"] == "del" { "DELETE" } else { "PUT" },
        "payload": answer["payload"].as_str().unwrap_or_default(),
        "encoding": answer["encoding"].as_str().unwrap_or("zenoh/bytes"),
        "attachment": answer["attachment"],
        "timestamp": format!("{}/1", seconds << 32),
        "priority": priority,
        "congestion": "BLOCK",
        "express": false,
        "source": Value::Null,
    } })
}

/// The answers that a get receives under a consolidation, in any order.
fn expected_replies(mode: ConsolidationMode, any_key: bool, priority: &str) -> Vec<Value> {
    let answers = answers();
    let all = answers.as_array().unwrap().iter().enumerate();
    let kept = all.filter(|(n, _)| match (mode, n) {
        (_, 6) => any_key,
        (ConsolidationMode::None, _) => true,
        // Older answers of the same key are removed. Monotonic removes those behind a newer one,
        // Latest also those before it.
        (ConsolidationMode::Monotonic, n) => *n != 2,
        (_, n) => *n != 0 && *n != 2,
    });
    sorted(kept.map(|(_, answer)| reply_of(answer, priority)).collect())
}

fn sorted(mut replies: Vec<Value>) -> Vec<Value> {
    replies.sort_by_key(ToString::to_string);
    replies
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_and_queryables_have_equal_values_at_both_ends() {
    let lab = router().await;
    let mut python = Python::join(&lab.tcp_locator()).await;
    let mut link = Link::open(&lab.ws_locator()).await;

    // Our gets, their queryable.
    python
        .ask(json!({ "do": "queryable", "name": "q", "key": "lab/q/*", "answers": answers(), "complete": true }))
        .await;
    python.settled().await;
    link.flush().await;
    let modes =
        [ConsolidationMode::Auto, ConsolidationMode::None, ConsolidationMode::Monotonic, ConsolidationMode::Latest];
    for (n, mode) in modes.into_iter().enumerate() {
        for any_key in [false, true] {
            let (body, attachment) = (noise(n as u64, [0, 3, 70_000, 300_000][n]), noise(9, [70_000, 1, 0, 5][n]));
            let parameters = if any_key { "a=1;_anyke;b=two" } else { "a=1;b=two" };
            let querier = Querier {
                template: Get {
                    payload: (n != 0).then(|| payload(&body)),
                    encoding: ENCODINGS[n].parse().unwrap(),
                    attachment: (n != 2).then(|| payload(&attachment)),
                    target: [QueryTarget::BestMatching, QueryTarget::All, QueryTarget::AllComplete][n % 3],
                    consolidation: mode,
                    priority: PRIORITIES[n],
                    ..Get::new(key("lab/q/*"))
                },
            };
            let (replies, end) = get(&mut link, querier.get(parameters)).await;
            assert_eq!(end, Ok(()));
            let got = python.next("q").await;
            let expected = json!({
                "key": "lab/q/*", "parameters": parameters, "any_key": any_key,
                "payload": (n != 0).then(|| hex(&body)), "encoding": (n != 0).then_some(ENCODINGS[n]),
                "attachment": (n != 2).then(|| hex(&attachment)),
            });
            assert_eq!(got, expected, "{mode:?}");
            if !any_key {
                assert!(python.next("q").await["refused"].is_string(), "a reply that was not asked for");
            }
            assert_eq!(sorted(replies), expected_replies(mode, any_key, name_of(PRIORITIES[n])), "{mode:?}");
        }
    }
    let incomplete = Get { target: QueryTarget::AllComplete, ..Get::new(key("lab/**")) };
    assert_eq!(get(&mut link, incomplete).await, (Vec::new(), Ok(())), "it has not everything under lab/**");

    // Their gets, from the session and from a querier, our queryable.
    python.ask(json!({ "do": "undeclare", "name": "q" })).await;
    link.client.declare_queryable(1, Queryable { complete: true, ..key("lab/q/*").into() }).unwrap();
    link.flush().await;
    for (n, mode) in modes.into_iter().enumerate() {
        for any_key in [false, true] {
            let body = noise(n as u64, [0, 3, 70_000, 300_000][n]);
            let consolidation = ["AUTO", "NONE", "MONOTONIC", "LATEST"][n];
            let target = ["BEST_MATCHING", "ALL", "ALL_COMPLETE"][n % 3];
            let accept = if any_key { "ANY" } else { "MATCHING_QUERY" };
            let mut question = json!({
                "do": "get", "selector": "lab/q/*?a=1;b=two", "payload": hex(&body), "encoding": ENCODINGS[n],
                "attachment": hex(b"att"), "target": target,
                "consolidation": consolidation, "accept_replies": accept, "priority": name_of(PRIORITIES[n]),
            });
            if n % 2 == 1 {
                let name = format!("querier {n} {any_key}");
                let mut declaration = question.clone();
                for field in ["selector", "payload", "encoding", "attachment"] {
                    declaration.as_object_mut().unwrap().remove(field);
                }
                for (field, value) in [("do", "querier"), ("name", name.as_str()), ("key", "lab/q/*")] {
                    declaration[field] = json!(value);
                }
                link.during(python.ask(declaration)).await;
                question = json!({
                    "do": "query", "name": name, "parameters": "a=1;b=two", "payload": hex(&body), "encoding": ENCODINGS[n],
                    "attachment": hex(b"att"),
                });
            }
            let (replies, query) = answered(&mut link, &mut python, question).await;
            let expected = json!({
                "key": "lab/q/*", "parameters": if any_key { "a=1;b=two;_anyke" } else { "a=1;b=two" },
                "payload": hex(&body), "encoding": ENCODINGS[n], "attachment": hex(b"att"),
            });
            assert_eq!(query, expected, "{mode:?}, any key: {any_key}");
            assert_eq!(sorted(replies), expected_replies(mode, any_key, name_of(PRIORITIES[n])), "{mode:?}");
        }
    }
    lab.stop().await;
}

/// Has the Python client ask, and answers it. Returns the replies that it got, and its question as
/// it arrived here.
async fn answered(link: &mut Link, python: &mut Python, question: Value) -> (Vec<Value>, Value) {
    let question = python.ask(question);
    tokio::pin!(question);
    let query = loop {
        tokio::select! {
            early = &mut question => panic!("an answer before the question: {early}"),
            event = link.event() => if let Event::Query(query) = event { break query },
        }
    };
    for answer in answers().as_array().unwrap() {
        let op = link.op();
        let bytes = |field: &str| {
            let text = answer[field].as_str()?;
            Some(
                (0..text.len() / 2)
                    .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
                    .collect::<Vec<u8>>(),
            )
        };
        let text = answer["encoding"].as_str().unwrap_or_default();
        if answer["with"] == "err" {
            let error = ReplyError { payload: payload(&bytes("payload").unwrap()), encoding: text.parse().unwrap() };
            link.client.reply_err(op, query.id, error).unwrap();
            continue;
        }
        let mut content = match bytes("payload") {
            Some(bytes) => Content::new(SampleKind::Put { payload: payload(&bytes), encoding: text.parse().unwrap() }),
            None => Content::new(SampleKind::Delete),
        };
        content.attachment = bytes("attachment").map(|bytes| payload(&bytes));
        let time = answer["timestamp"][0].as_u64().unwrap() << 32;
        content.timestamp = Some(Timestamp::new(time, "1".parse().unwrap()));
        let answer = ReplySample { key_expr: key(answer["key"].as_str().unwrap()), content };
        let refused = answer.key_expr == "lab/elsewhere" && !query.parameters.contains("_anyke");
        assert_eq!(link.client.reply(op, query.id, answer).is_err(), refused);
    }
    link.client.finish(query.id).unwrap();
    let (replies, _) = link.during(question).await;
    (replies.as_array().unwrap().clone(), asked(&query))
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_statuses_and_channels_are_the_same_at_both_ends() {
    let lab = router().await;
    let mut python = Python::join(&lab.tcp_locator()).await;
    let mut link = Link::open(&lab.ws_locator()).await;

    // Tokens: some exist before, some appear, some end; and a list of them on request.
    python.ask(json!({ "do": "token", "name": "early", "key": "lab/alive/early" })).await;
    python.settled().await;
    link.client.declare_token(1, key("lab/alive/ours")).unwrap();
    link.client.declare_liveliness_subscriber(2, key("lab/alive/*"), true).unwrap();
    link.client.declare_liveliness_subscriber(3, key("lab/alive/*"), false).unwrap();
    link.flush().await;
    python.ask(json!({ "do": "liveliness", "name": "with", "key": "lab/alive/**", "history": true })).await;
    python.ask(json!({ "do": "liveliness", "name": "without", "key": "lab/alive/**", "history": false })).await;
    let mut there = Vec::new();
    for _ in 0..2 {
        let token = link.during(python.next("with")).await.0;
        assert_eq!((&token["kind"], &token["payload"]), (&json!("PUT"), &json!("")));
        there.push(token["key"].as_str().unwrap().to_owned());
    }
    there.sort();
    assert_eq!(there, ["lab/alive/early", "lab/alive/ours"]);
    python.settled().await;
    link.client.declare_token(4, key("lab/alive/late")).unwrap();
    for name in ["with", "without"] {
        let token = link.during(python.next(name)).await.0;
        assert_eq!((&token["key"], &token["kind"]), (&json!("lab/alive/late"), &json!("PUT")));
    }
    let alive = link.during(python.ask(json!({ "do": "alive", "key": "lab/**" }))).await.0;
    assert_eq!(alive, json!(["lab/alive/early", "lab/alive/late", "lab/alive/ours"]));
    let (op, now) = (link.op(), link.now());
    link.client.get_liveliness(op, key("lab/**"), GUARD, now).unwrap();
    let events = link.until(|event| matches!(event, Event::GetEnded(..))).await;
    let keys: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Reply(_, Reply { result: Ok(sample), .. }) => Some(sample.key_expr.as_str()),
            _ => None,
        })
        .collect();
    assert!(keys.len() == 3 && keys.contains(&"lab/alive/early"), "{keys:?}");
    python.ask(json!({ "do": "undeclare", "name": "early" })).await;
    let gone = sample(link.until(|event| matches!(event, Event::Sample(sample) if sample.kind.is_delete())).await);
    assert_eq!((gone.key_expr.as_str(), gone.subscribers), ("lab/alive/early", vec![2, 3]));
    link.client.undeclare(4).unwrap();
    for name in ["with", "without"] {
        loop {
            let token = link.during(python.next(name)).await.0;
            if token["key"] == "lab/alive/late" {
                break assert_eq!(token["kind"], "DELETE");
            }
        }
    }

    // Matching status.
    link.client.declare_matching_listener(5, key("lab/data"), MatchingStatusType::Subscribers).unwrap();
    link.client.declare_matching_listener(6, key("lab/answers"), MatchingStatusType::Queryables).unwrap();
    let matching = async |link: &mut Link| match link.until(|event| matches!(event, Event::Matching { .. })).await.pop()
    {
        Some(Event::Matching { id, matching }) => (id, matching),
        other => panic!("unexpected {other:?}"),
    };
    assert_eq!([matching(&mut link).await, matching(&mut link).await], [(5, false), (6, false)]);
    python.ask(json!({ "do": "subscriber", "name": "s", "key": "lab/**" })).await;
    assert_eq!(matching(&mut link).await, (5, true));
    python.ask(json!({ "do": "queryable", "name": "q", "key": "lab/*" })).await;
    assert_eq!(matching(&mut link).await, (6, true));
    for (name, id) in [("s", 5), ("q", 6)] {
        python.ask(json!({ "do": "undeclare", "name": name })).await;
        assert_eq!(matching(&mut link).await, (id, false));
    }
    python.ask(json!({ "do": "publisher", "name": "p", "key": "lab/theirs" })).await;
    python.ask(json!({ "do": "querier", "name": "g", "key": "lab/theirs" })).await;
    for (name, of) in [("of p", "p"), ("of g", "g")] {
        python.ask(json!({ "do": "matching", "name": name, "of": of })).await;
    }
    for there in [true, false] {
        if there {
            link.client.declare_subscriber(7, key("lab/*")).unwrap();
            link.client.declare_queryable(8, key("lab/*")).unwrap();
        } else {
            link.client.undeclare(7).unwrap();
            link.client.undeclare(8).unwrap();
        }
        for name in ["of p", "of g"] {
            // A listener may begin with the current status.
            while link.during(python.next(name)).await.0 != json!(there) {}
        }
        for name in ["p", "g"] {
            assert_eq!(python.ask(json!({ "do": "is_matching", "name": name })).await, json!(there), "{name}");
        }
    }

    // Localities: samples for this session only do not cross the router, in both directions.
    for (name, allowed_origin) in [("any", "ANY"), ("local", "SESSION_LOCAL"), ("remote", "REMOTE")] {
        let command =
            json!({ "do": "subscriber", "name": name, "key": "lab/place/*", "allowed_origin": allowed_origin });
        python.ask(command).await;
    }
    python.settled().await;
    for (id, allowed_origin) in [(11, Locality::Any), (12, Locality::SessionLocal), (13, Locality::Remote)] {
        link.client.declare_subscriber(id, Subscriber { allowed_origin, ..key("lab/place/*").into() }).unwrap();
    }
    link.flush().await;
    let places = [("SESSION_LOCAL", Locality::SessionLocal), ("REMOTE", Locality::Remote), ("ANY", Locality::Any)];
    let mut heard = Vec::new();
    for (text, allowed_destination) in places {
        let op = link.op();
        let put = Put { allowed_destination, ..block(&format!("lab/place/{text}"), payload(b"ours")) };
        link.client.put(op, put).unwrap();
    }
    heard.extend(link.flush().await);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for event in heard {
        let Event::Sample(sample) = event else { continue };
        ours.push((sample.key_expr.to_string(), sample.subscribers));
    }
    assert_eq!(
        ours,
        [("lab/place/SESSION_LOCAL".to_owned(), vec![11, 12]), ("lab/place/ANY".to_owned(), vec![11, 12])]
    );
    for name in ["any", "remote"] {
        for text in ["REMOTE", "ANY"] {
            assert_eq!(link.during(python.next(name)).await.0["key"], format!("lab/place/{text}"));
        }
    }
    assert_eq!(python.ask(json!({ "do": "is_empty", "name": "local" })).await, json!(true));
    for (text, _) in places {
        python
            .ask(json!({
                "do": "put", "key": format!("lab/place/{text}"), "payload": "00", "allowed_destination": text,
                "congestion_control": "BLOCK",
            }))
            .await;
    }
    for _ in 0..2 {
        let sample = sample(link.until(is_sample).await);
        theirs.push((sample.key_expr.to_string(), sample.subscribers));
    }
    assert_eq!(theirs, [("lab/place/REMOTE".to_owned(), vec![11, 13]), ("lab/place/ANY".to_owned(), vec![11, 13])]);

    // Channels: a subscriber slower than its publisher keeps the newest samples in a ring, and the
    // oldest in a FIFO of ours.
    python
        .ask(json!({ "do": "channel", "name": "ring", "key": "lab/fast", "kind": "RingChannel", "capacity": 3 }))
        .await;
    python
        .ask(json!({ "do": "channel", "name": "fifo", "key": "lab/fast", "kind": "FifoChannel", "capacity": 99 }))
        .await;
    python.ask(json!({ "do": "subscriber", "name": "end", "key": "lab/end" })).await;
    python.settled().await;
    for n in 0..20u8 {
        let op = link.op();
        link.client.put(op, block("lab/fast", payload(&[n]))).unwrap();
    }
    link.client.put(999, block("lab/end", payload(b""))).unwrap();
    link.during(python.next("end")).await;
    let (mut ring, mut fifo) = (Channel::ring(3), Channel::fifo(3));
    for (name, kept) in [("fifo", (0..20).collect::<Vec<u8>>()), ("ring", vec![17, 18, 19])] {
        let command = json!({ "do": "drained", "name": name, "count": kept.len() });
        let values = python.ask(command).await;
        let values: Vec<String> =
            values.as_array().unwrap().iter().map(|sample| sample["payload"].as_str().unwrap().to_owned()).collect();
        assert_eq!(values, kept.iter().map(|n| hex(&[*n])).collect::<Vec<_>>(), "{name}");
    }
    link.client.declare_subscriber(20, key("lab/slow")).unwrap();
    link.flush().await;
    for n in 0..20u8 {
        let put = json!({ "do": "put", "key": "lab/slow", "payload": hex(&[n]), "congestion_control": "BLOCK" });
        python.ask(put).await;
        let got = sample(link.until(is_sample).await);
        ring.push(got.clone());
        fifo.push(got);
    }
    for (mut channel, kept) in [(ring, [17, 18, 19]), (fifo, [0, 1, 2])] {
        assert_eq!(channel.dropped(), 17);
        let values: Vec<Vec<u8>> =
            std::iter::from_fn(|| channel.pop()).map(|sample| flat(sample.kind.payload().unwrap())).collect();
        assert_eq!(values, kept.map(|n| vec![n]));
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_expressions_relate_as_zenoh_says() {
    let texts = [
        "a",
        "a/b",
        "a/*",
        "a/**",
        "**",
        "*",
        "*/b",
        "a/*/c",
        "a/**/c",
        "a/b/c",
        "a$*",
        "a$*/b",
        "ab",
        "a/$*",
        "**/**",
        "a/**/*",
        "a/*/**",
        "$*",
        "$*$*",
        "a//b",
        "/a",
        "a/",
        "",
        "a#b",
        "a?b",
        "a/b*",
        "@/a",
        "@a/**",
        "**/@a",
        "@$*",
        "a/@x/b",
        "a/**/@x/*",
        "ä/ö",
        "a$b",
        "***",
        "a/***",
    ];
    let pairs: Vec<(&str, &str)> =
        texts.iter().flat_map(|first| texts.iter().map(move |second| (*first, *second))).collect();
    let lab = router().await;
    let theirs = Python::join(&lab.tcp_locator()).await.ask(json!({ "do": "algebra", "pairs": pairs })).await;
    let mut related = 0;
    for ((first, second), theirs) in pairs.iter().zip(theirs.as_array().unwrap()) {
        let both = || Some((ours::KeyExpr::new(first).ok()?, ours::KeyExpr::new(second).ok()?));
        let joined = ours::KeyExpr::new(first).ok().and_then(|first| first.join(second).ok());
        let of_ours = json!({
            "canonical": ours::KeyExpr::autocanonize(first).ok().map(|key| key.to_string()),
            "is_key": ours::KeyExpr::new(first).is_ok(),
            "joined": joined.map(|key| key.to_string()),
            "intersects": both().map(|(first, second)| first.intersects(&second)),
            "includes": both().map(|(first, second)| first.includes(&second)),
        });
        // The crate of the same release, with its own type.
        use zenoh::key_expr::KeyExpr;
        let of = |text: &str| KeyExpr::new(text.to_owned()).ok();
        let of_crate = json!({
            "canonical": KeyExpr::autocanonize((*first).to_owned()).ok().map(|key| key.to_string()),
            "is_key": of(first).is_some(),
            "joined": of(first).and_then(|key| key.join(second).ok()).map(|key| key.to_string()),
            "intersects": of(first).zip(of(second)).map(|(first, second)| first.intersects(&second)),
            "includes": of(first).zip(of(second)).map(|(first, second)| first.includes(&second)),
        });
        assert_eq!(of_ours, of_crate, "{first:?} and {second:?}");
        assert_eq!(&of_ours, theirs, "{first:?} and {second:?}");
        related += usize::from(of_ours["intersects"] == true);
    }
    assert!(related > 100, "{related}");
    lab.stop().await;
}
