//! Queries through the hub: whom they reach, and how they end.

use zbytes_session::client::{Content, Event as Told, Get, Query, QueryTarget, Queryable, ReplyError, ReplySample};

use super::pair::*;
use crate::*;

impl World {
    fn answering(&mut self, number: u8, text: &str, complete: bool) {
        let id = 1000 + self.op() as u32;
        self.client(number).declare_queryable(id, Queryable { complete, ..key(text).into() }).unwrap();
        self.run();
    }

    fn get(&mut self, number: u8, get: Get) {
        let (op, now) = (self.op(), self.now);
        self.client(number).get(op, get, now).unwrap();
        self.run();
    }

    fn queries(&mut self, number: u8) -> Vec<Query> {
        let told = self.told(number).into_iter();
        told.filter_map(|event| if let Told::Query(query) = event { Some(query) } else { None }).collect()
    }

    fn reply(&mut self, number: u8, query: &Query, text: &str, bytes: &[u8]) {
        let op = self.op();
        let answer = ReplySample { key_expr: key(text), content: Content::new(payload(bytes)) };
        self.client(number).reply(op, query.id, answer).unwrap();
        self.run();
    }

    fn finish(&mut self, number: u8, query: &Query) {
        self.client(number).finish(query.id).unwrap();
        self.run();
    }

    /// What the asker was told: keys, errors, the end.
    fn answers(&mut self, number: u8) -> Vec<String> {
        let said = self.told(number).into_iter().filter_map(|event| match event {
            Told::Reply(_, reply) => Some(match reply.result {
                Ok(sample) => sample.key_expr.to_string(),
                Err(error) => String::from_utf8(flat(&error.payload)).unwrap(),
            }),
            Told::GetEnded(_, Ok(())) => Some("end".to_owned()),
            Told::GetEnded(_, Err(error)) => Some(format!("{error:?}")),
            _ => None,
        });
        said.collect()
    }
}

#[test]
fn a_query_without_a_queryable_ends_at_once() {
    let mut world = World::of([1, 2]);
    world.answering(2, "other/**", true);
    world.get(1, Get::new(key("lab/x")));
    assert_eq!(world.answers(1), ["end"]);
    // That of the asker itself is asked by its own client only.
    world.answering(1, "lab/**", true);
    world.get(1, Get::new(key("lab/x")));
    let query = world.queries(1).pop().unwrap();
    assert!(query.local);
    world.finish(1, &query);
    assert_eq!(world.answers(1), ["end"]);
    assert!(world.hub.queries.is_empty());
}

#[test]
fn a_query_and_its_answers_arrive_with_all_that_they_carry() {
    let mut world = World::of([1, 2]);
    world.answering(2, "lab/**", false);
    let (body, attachment) = (noise(200_000), noise(70_000));
    world.get(
        1,
        Get {
            parameters: "a=1".to_owned(),
            payload: Some(payload(&body)),
            attachment: Some(payload(&attachment)),
            ..Get::new(key("lab/*"))
        },
    );
    let query = world.queries(2).pop().unwrap();
    assert_eq!((query.key_expr.as_str(), query.parameters.as_str()), ("lab/*", "a=1"));
    assert!(flat(query.payload.as_ref().unwrap()) == body && flat(query.attachment.as_ref().unwrap()) == attachment);
    assert_eq!(query.timeout, Some(10 * SECOND));
    world.reply(2, &query, "lab/a", &noise(300_000));
    world.reply(2, &query, "lab/b", b"2");
    let op = world.op();
    let error = ReplyError { payload: payload(b"no"), encoding: "text/plain".parse().unwrap() };
    world.client(2).reply_err(op, query.id, error).unwrap();
    world.finish(2, &query);
    let told = world.told(1);
    let replier = told.iter().find_map(|event| match event {
        Told::Reply(_, reply) => reply.replier_id,
        _ => None,
    });
    assert_eq!(replier.map(|replier| replier.zid), Some(id(2)));
    assert!(matches!(told.last(), Some(Told::GetEnded(_, Ok(())))), "{told:?}");
    let count = told.iter().filter(|event| matches!(event, Told::Reply(..))).count();
    assert_eq!(count, 3);
    assert!(world.hub.queries.is_empty());
    assert_eq!(world.hub.kept.bytes(), 0);
}

#[test]
fn targets_decide_which_clients_are_asked() {
    let mut world = World::of([1, 2, 3, 4]);
    world.answering(2, "lab/x", false);
    world.answering(3, "lab/**", true);
    world.answering(4, "lab/**", true);
    // Complete for a part of what is asked for is not complete.
    for (selector, target, asked) in [
        ("lab/x", QueryTarget::All, [true, true, true]),
        ("lab/x", QueryTarget::AllComplete, [false, true, true]),
        ("lab/x", QueryTarget::BestMatching, [false, true, false]),
        ("**", QueryTarget::AllComplete, [false, false, false]),
        ("**", QueryTarget::BestMatching, [true, true, true]),
    ] {
        world.get(1, Get { target, ..Get::new(key(selector)) });
        for (number, asked) in [2, 3, 4].into_iter().zip(asked) {
            let queries = world.queries(number);
            assert_eq!(queries.len(), usize::from(asked), "{number} for {selector} {target:?}");
            for query in &queries {
                world.finish(number, query);
            }
        }
        assert_eq!(world.answers(1), ["end"]);
    }
}

#[test]
fn two_queryables_of_one_client_make_one_query() {
    let mut world = World::of([1, 2]);
    world.answering(2, "lab/x", false);
    world.answering(2, "lab/*", false);
    world.get(1, Get { target: QueryTarget::All, ..Get::new(key("lab/x")) });
    // The client asks both of its queryables about the one request.
    let queries = world.queries(2);
    for query in &queries {
        world.finish(2, query);
    }
    assert_eq!((queries.len(), world.answers(1)), (2, vec!["end".to_owned()]));
}

#[test]
fn a_query_ends_when_the_last_one_has_answered() {
    let mut world = World::of([1, 2, 3]);
    world.answering(2, "lab/**", false);
    world.answering(3, "lab/**", false);
    world.get(1, Get { target: QueryTarget::All, ..Get::new(key("lab/x")) });
    let (two, three) = (world.queries(2).pop().unwrap(), world.queries(3).pop().unwrap());
    world.reply(2, &two, "lab/x", b"1");
    world.finish(2, &two);
    assert!(world.answers(1).is_empty(), "the latest is not known yet");
    world.finish(3, &three);
    assert_eq!(world.answers(1), ["lab/x", "end"]);
}

#[test]
fn a_lost_queryable_ends_what_it_owes() {
    let mut world = World::of([1, 2, 3]);
    world.answering(2, "lab/**", false);
    world.answering(3, "lab/**", false);
    world.get(1, Get { target: QueryTarget::All, ..Get::new(key("lab/x")) });
    let query = world.queries(2).pop().unwrap();
    world.cut(3);
    world.finish(2, &query);
    assert_eq!(world.answers(1), ["end"]);
    // A lost asker leaves nothing behind, and late answers go nowhere.
    world.get(1, Get::new(key("lab/x")));
    let query = world.queries(2).pop().unwrap();
    world.cut(1);
    assert!(world.hub.queries.is_empty());
    world.reply(2, &query, "lab/x", b"1");
    world.finish(2, &query);
    assert_eq!(world.hub.stats().ignored, 2);
    assert_eq!(world.ends().len(), 2);
}

#[test]
fn a_query_that_is_not_answered_ends_at_its_timeout() {
    let mut world = World::of([1, 2, 3]);
    world.answering(2, "lab/**", false);
    world.answering(3, "lab/**", false);
    // The asker's own clock is held back, so that the hub's is the first to notice.
    let timeout = 3 * SECOND;
    world.get(1, Get { target: QueryTarget::All, timeout, ..Get::new(key("lab/x")) });
    let query = world.queries(2).pop().unwrap();
    world.finish(2, &query);
    world.now += timeout;
    world.hub.handle_timeout(world.now);
    world.run();
    assert_eq!(world.answers(1), ["Timeout", "end"]);
    let late = world.queries(3).pop().unwrap();
    world.reply(3, &late, "lab/x", b"1");
    assert!(world.answers(1).is_empty());
    assert!(world.hub.queries.is_empty());
}

#[test]
fn too_many_queries_are_answered_with_an_error() {
    let mut world = World::new(Limits { queries: 2, ..Limits::DEFAULT });
    world.join(1);
    world.join(2);
    world.answering(2, "lab/**", false);
    for _ in 0..3 {
        world.get(1, Get::new(key("lab/x")));
    }
    assert_eq!(world.answers(1), ["more than 2 queries wait for answers", "end"]);
    for query in world.queries(2) {
        world.finish(2, &query);
    }
    assert_eq!(world.answers(1), ["end", "end"]);
    world.get(1, Get::new(key("lab/x")));
    assert_eq!(world.queries(2).len(), 1);
}
