//! A class: pages that join a teacher's page by its link, follow it, and are on its wall.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{
    GUARD,
    browser::{Engine, Page},
    class::{
        ANY, go, join, join_in_a_tab, kill, lab_of_a_class, names, number, open_class, print_tasks, students, teacher,
        tell, tile, watch_tasks,
    },
    lab::{dist, host, joined, lab, turn},
    tabs::{Tabs, put},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use zbytes_lab::app::class::{StudentSays, VERSION};

/// Waits until an attribute of a tile has this value.
async fn until(teacher: &Page, name: &str, attribute: &str, value: u64) {
    teacher.wait(&format!("#wall [data-name='{name}'][{attribute}='{value}']")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn class_of_five_joins_follows_and_is_on_the_wall() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    assert!(link.contains("?code=TEST42#c=") || lab.links().is_empty(), "{link}");
    // Nothing happens before the press, and the name is made safe and unique.
    let mut tabs = Tabs::open(Engine::Chromium, &link).await;
    tabs.page.wait("#classroom[data-state=door]").await;
    tabs.page.wait("#session[data-state=closed]").await;
    for (at, (typed, name)) in [("Zoë L.", "Zoë-L"), ("ana", "ana"), ("ana", "ana-2")].into_iter().enumerate() {
        if at > 0 {
            tabs.add().await;
        }
        join(&tabs.page, typed).await;
        teacher.wait(&tile(name, "here")).await;
        assert!(tabs.page.text("#classroom-title").await.contains(name));
        assert!(tabs.page.attribute("#key", "value").await.is_empty());
        let key = tabs.page.run("return document.querySelector('#key').value", vec![]).await;
        assert!(key.as_str().unwrap().ends_with(&format!("/{name}/data")), "{key}");
        tabs.page.wait("#class-carries").await;
    }
    // Without a name the lab gives one.
    tabs.add().await;
    join(&tabs.page, "").await;
    teacher.until("return document.querySelectorAll('#wall [data-state=here]').length", json!(4)).await;
    let killed = Page::open_first(&link).await;
    join(&killed, "killed").await;
    teacher.wait(&tile("killed", "here")).await;

    // The teacher opens a step, and all follow.
    go(&teacher, "#l=pieces/2").await;
    teacher.wait("#lesson[data-step='2']").await;
    // Another place in the address has closed what filled the window. The class goes on, and the way back
    // to it is in sight.
    teacher.wait("#classroom[data-state=teaches] #class-back").await;
    assert!(teacher.text("#class-people").await.starts_with("5 here"), "{}", teacher.text("#class-people").await);
    teacher.click("#class-back").await;
    teacher.wait("#teaching").await;
    teacher.until("return !document.querySelector('#classroom')", json!(true)).await;
    // So it is after a link of a class: its own shows it, and another one is not taken.
    go(&teacher, &link[link.find('#').unwrap()..]).await;
    teacher.wait("#teaching").await;
    go(&teacher, "#c=k7q2m").await;
    teacher.wait("#link-problem").await;
    assert!(teacher.text("#link-problem").await.contains("This page teaches the class"));
    teacher.click("#link-problem button").await;
    teacher.click("#class-back").await;
    teacher.wait("#teaching").await;
    for tab in 0..4 {
        tabs.at(tab).await.wait("#lesson[data-step='2']").await;
    }
    killed.wait("#lesson[data-step='2']").await;
    let at_step = "return document.querySelector('#class-people').textContent.includes('5 at your step')";
    teacher.until(at_step, json!(true)).await;
    // One goes its own way, and comes back by a press.
    let page = tabs.at(0).await;
    go(page, "#l=pieces/1").await;
    page.wait("#lesson[data-step='1']").await;
    page.until("return document.querySelector('#class-follow').checked", json!(false)).await;
    teacher.click("#lesson-next").await;
    tabs.at(1).await.wait("#lesson[data-step='3']").await;
    let page = tabs.at(0).await;
    page.wait("#lesson[data-step='1']").await;
    page.click("#class-go").await;
    page.wait("#lesson[data-step='3']").await;
    let words = "return document.querySelector(\"#wall [data-name='Zoë-L']\").textContent.includes('pieces, step 3')";
    teacher.until(words, json!(true)).await;

    // A scene is set up in all pages and sent by none. Undo brings the own rows back.
    let page = tabs.at(1).await;
    let rows = "return document.querySelectorAll('.build li.row').length";
    let own = page.run(rows, vec![]).await;
    teacher.fill("#preset", "tensor").await;
    teacher.wait("#build-state[data-state=ready]").await;
    teacher.click("#class-scene").await;
    teacher.wait("#class-scene-is[data-n='1']").await;
    for tab in 0..4 {
        let page = tabs.at(tab).await;
        page.wait("#class-scene-here").await;
        page.wait("#build-state[data-state=ready][data-bytes='11796480']").await;
    }
    assert_eq!(
        teacher
            .run("return document.querySelectorAll('#wall :not([data-count=\"0\"])[data-name]').length", vec![])
            .await,
        json!(0)
    );
    let page = tabs.at(1).await;
    page.click("#undo").await;
    page.until("return !document.querySelector('#class-scene-here')", json!(true)).await;
    assert_eq!(page.run(rows, vec![]).await, own);

    // Each puts, and the wall counts.
    for (tab, name) in ["Zoë-L", "ana", "ana-2"].into_iter().enumerate() {
        let page = tabs.at(tab).await;
        page.fill("#preset", "three").await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#tab-put").await;
        page.put_by("#put").await;
        until(&teacher, name, "data-count", 1).await;
        until(&teacher, name, "data-compared", 1).await;
        until(&teacher, name, "data-missing", 0).await;
    }
    // A page that is killed is shown, and forgotten by a press.
    kill(&killed);
    drop(killed);
    teacher.wait(&tile("killed", "gone")).await;
    teacher.click("#class-forget").await;
    teacher.until("return document.querySelectorAll('#wall [data-name]').length", json!(4)).await;
    // One who leaves is gone too.
    let page = tabs.at(0).await;
    page.click("#class-leave").await;
    teacher.wait(&tile("Zoë-L", "gone")).await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

/// How a rate went: puts that have left, that failed, and that have not ended.
async fn rate(page: &Page) -> [u64; 3] {
    let mut told = [0; 3];
    for (at, name) in ["data-puts", "data-failed", "data-leaving"].into_iter().enumerate() {
        told[at] = page.attribute("#rate", name).await.parse().unwrap();
    }
    told
}

/// Waits until the wall and a page whose rate has stopped agree: what has left has arrived, or is told as
/// missing. Returns what has left, what has failed, what has arrived, and what is missing.
async fn agreed(page: &Page, teacher: &Page, name: &str) -> [u64; 4] {
    let begun = Instant::now();
    loop {
        let [puts, failed, _] = rate(page).await;
        let compared = number(teacher, name, "data-compared").await;
        let (count, missing) = (number(teacher, name, "data-count").await, number(teacher, name, "data-missing").await);
        // A put that failed with its session may have arrived: then it is not missing.
        if compared == puts && (puts..=puts + failed).contains(&(count + missing)) {
            return [puts, failed, count, missing];
        }
        let told = format!(
            "{name}: {puts} left, {failed} failed; of {compared} compared {count} arrived, {missing} are missing"
        );
        assert!(begun.elapsed() < GUARD, "{told}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn start_rate(page: &Page, hz: usize) {
    page.click("#tab-put").await;
    page.fill("#preset", "three").await;
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#hz", &hz.to_string()).await;
    page.click("#rate-start").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_router_loses_nothing_untold() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(3);
    let tabs = students(&teacher, &link, &names).await;
    for tab in 0..names.len() {
        start_rate(tabs.at(tab).await, 5).await;
    }
    for name in &names {
        teacher.wait(&format!("#wall [data-name='{name}']:not([data-count='0'])")).await;
    }
    lab.stop_router().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.start_router().await.unwrap();
    let mut before = Vec::new();
    for name in &names {
        teacher.wait_at_most(&tile(name, "here"), 2 * GUARD).await;
        before.push(number(&teacher, name, "data-count").await);
    }
    for (name, before) in names.iter().zip(before) {
        let more = format!(
            "return Number(document.querySelector(\"#wall [data-name='{name}']\").dataset.count) > {before} + 5"
        );
        teacher.until(&more, json!(true)).await;
    }
    for (tab, name) in names.iter().enumerate() {
        let page = tabs.at(tab).await;
        page.click("#rate-stop").await;
        page.wait("#rate[data-state=stopped][data-leaving='0']").await;
        let [puts, failed, count, missing] = agreed(page, &teacher, name).await;
        println!("{name}: {puts} puts left, {failed} failed; {count} arrived, {missing} are told as missing");
    }
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_of_one_browser_are_a_class_without_a_network() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    tabs.page.wait("#session[data-state=open]").await;
    let link = open_class(&tabs.page).await;
    assert!(tabs.page.text("#class-join-here").await.contains("open the link in other tabs"));
    for name in ["ana", "eva"] {
        join_in_a_tab(&mut tabs, &link, name).await;
        put_own(&tabs.page).await;
    }
    let page = tabs.at(0).await;
    for name in ["ana", "eva"] {
        page.wait(&tile(name, "here")).await;
        until(page, name, "data-count", 1).await;
    }
    // The teacher's data are among the samples of each.
    page.click("#class-whole").await;
    page.click("#tab-put").await;
    page.put_by("#put").await;
    let page = tabs.at(2).await;
    page.wait("#samples tr[data-key$='/teacher/data']").await;
    // A page that is loaded again has its name at the door, and nothing happens before the press.
    page.client.refresh().await.unwrap();
    page.wait("#classroom[data-state=door]").await;
    page.until("return document.querySelector('#class-name').value", json!("eva")).await;
    page.click("#class-join").await;
    page.wait("#classroom[data-state=in]").await;
    assert!(page.text("#classroom-title").await.contains("as eva"));
    // So has the teacher's.
    let page = tabs.at(0).await;
    page.client.refresh().await.unwrap();
    page.wait("#classroom[data-state=door]").await;
    page.click("#class-join").await;
    page.wait("#teaching").await;
    assert_eq!(page.text("#class-link").await, link);
    page.wait(&tile("eva", "here")).await;
    page.wait(&tile("ana", "here")).await;
    tabs.close(&["lab.json"]).await;
}

async fn put_own(page: &Page) {
    let key = page.run("return document.querySelector('#key').value", vec![]).await;
    put(page, key.as_str().unwrap()).await;
}

/// Passes connections on, and what comes from the browser at this many bytes a second.
async fn slow_way(to: SocketAddr, bytes_per_second: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(lab) = TcpStream::connect(to).await else { return };
                let ((mut from, mut back), (mut answers, mut lab)) = (stream.into_split(), lab.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
                // Read at once, as a network takes it: a full window of TCP would be another slowness.
                let (queue, mut queued) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 << 10];
                    while let Ok(len @ 1..) = from.read(&mut buffer).await {
                        if queue.send(buffer[..len].to_vec()).is_err() {
                            break;
                        }
                    }
                });
                let mut free = tokio::time::Instant::now();
                while let Some(bytes) = queued.recv().await {
                    let takes = Duration::from_secs_f64(bytes.len() as f64 / bytes_per_second as f64);
                    // A busy machine wakes this late: what it was late by is made good.
                    free = free.max(tokio::time::Instant::now() - Duration::from_millis(100)) + takes;
                    tokio::time::sleep_until(free).await;
                    if lab.write_all(&bytes).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    here
}

#[tokio::test(flavor = "multi_thread")]
async fn page_on_a_slow_link_is_warned_and_sends_less() {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    // What the link is measured by.
    let session = joined(&lab.tcp_locator()).await;
    let probes = session.declare_subscriber("lab/*/*/probe/bytes").await.unwrap();
    let way = slow_way(lab.page_addr(), 1_000_000).await;
    let slow = Page::open_first(&format!("http://{way}/{}", &link[link.find("#c=").unwrap()..])).await;
    // The page says that it measures, for as long as that takes: less than this test's looks at it.
    let look = "const look = () => { window.measures ||= document.querySelector('#class-measures')?.textContent; };
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true })";
    slow.run(look, vec![]).await;
    join(&slow, "slow").await;
    slow.wait("#class-carries").await;
    let said = slow.run("return window.measures", vec![]).await;
    assert!(said.as_str().is_some_and(|said| said.contains("to measure its link")), "{said}");
    assert_eq!(slow.text("#class-measures").await, "");
    println!("a way of 1.0 MB/s: {}", slow.text("#class-carries").await);
    let probe = tokio::time::timeout(support::GUARD, probes.recv_async()).await.unwrap().unwrap();
    assert_eq!(probe.payload().len(), 256 << 10);
    slow.fill("#preset", "tensor").await;
    slow.wait("#build-state[data-state=ready][data-bytes='11796480']").await;
    slow.wait("#class-too-long").await;
    println!("{}", slow.text("#class-too-long").await);
    slow.click("#class-shorten").await;
    slow.until("return !document.querySelector('#class-too-long')", json!(true)).await;
    slow.wait("#build-state[data-state=ready]").await;
    let bytes: u64 = slow.attribute("#build-state", "data-bytes").await.parse().unwrap();
    assert!((1..=1_000_000).contains(&bytes), "{bytes}");
    slow.click("#undo").await;
    slow.wait("#build-state[data-bytes='11796480']").await;
    // A page beside its lab has no such warning.
    let near = Page::open_first(&link).await;
    join(&near, "near").await;
    near.fill("#preset", "tensor").await;
    near.wait("#class-carries").await;
    println!("beside the lab: {}", near.text("#class-carries").await);
    assert_eq!(near.text("#class-too-long").await, "");
    near.close_with(&[], ANY).await;
    slow.close_with(&[], ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

/// Programs as students, with the `zenoh` crate: each has a token, says its text every two seconds,
/// and puts 12 kB at 5 Hz. Returns what each has put.
async fn programs(lab: &zbytes_lab::server::Lab, class: &str, names: &[String], time: Duration) -> u64 {
    let session = joined(&lab.tcp_locator()).await;
    let mut tokens = Vec::new();
    for name in names {
        let token = session.liveliness().declare_token(format!("lab/{class}/{name}/here")).await.unwrap();
        tokens.push(token);
    }
    let says = |name: &str, puts: u64| StudentSays {
        v: VERSION,
        name: name.to_owned(),
        zid: "abc".to_owned(),
        puts,
        ..StudentSays::default()
    };
    let (begun, payload) = (Instant::now(), vec![7u8; 12_000]);
    let mut puts = 0;
    while begun.elapsed() < time || puts % 10 != 0 {
        if puts % 10 == 0 {
            for name in names {
                tell(&session, format!("lab/{class}/{name}/is"), says(name, puts).text()).await;
            }
        }
        for name in names {
            tell(&session, format!("lab/{class}/{name}/data"), payload.clone()).await;
        }
        puts += 1;
        tokio::time::sleep_until((begun + Duration::from_millis(200) * puts as u32).into()).await;
    }
    for name in names {
        tell(&session, format!("lab/{class}/{name}/is"), says(name, puts).text()).await;
    }
    // Their tokens go with the session; the tiles stay.
    session.close().await.unwrap();
    puts
}

/// Many senders at 5 Hz of 12 kB: the wall is steady, and every count is right.
async fn wall_of(count: usize, time: Duration) {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    let class = link.split_once("#c=").unwrap().1.to_owned();
    watch_tasks(&teacher).await;
    let names = names(count);
    let steady = "
        const seen = () => [...document.querySelectorAll('#wall [data-name]')].map((tile) => tile.dataset.name + tile.offsetLeft + ',' + tile.offsetTop).join();
        return new Promise((done) => setTimeout(() => {
            const first = seen();
            let same = true;
            const watch = setInterval(() => { same &&= seen() === first; }, 100);
            setTimeout(() => { clearInterval(watch); done(same); }, 2000);
        }, 1500));";
    let (puts, same) = tokio::join!(programs(&lab, &class, &names, time), teacher.run(steady, vec![]));
    assert_eq!(same, json!(true), "tiles stay where they are");
    for name in &names {
        until(&teacher, name, "data-compared", puts).await;
        let (arrived, missing) =
            (number(&teacher, name, "data-count").await, number(&teacher, name, "data-missing").await);
        assert_eq!(arrived + missing, puts, "{name}: {missing} missing");
    }
    print_tasks(&teacher, &format!("{count} senders at 5 Hz of 12 kB, {puts} puts of each")).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_senders_are_steady_on_the_wall_and_counted() {
    wall_of(30, Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn thirty_senders_are_counted_for_a_minute() {
    wall_of(30, Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "thirty pages"]
async fn thirty_pages_join_and_survive_a_router() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    watch_tasks(&teacher).await;
    let names = names(29);
    let tabs = students(&teacher, &link, &names).await;
    let killed = Page::open_first(&link).await;
    join(&killed, "killed").await;
    teacher.wait(&tile("killed", "here")).await;
    for tab in 0..names.len() {
        start_rate(tabs.at(tab).await, 1).await;
    }
    kill(&killed);
    drop(killed);
    teacher.wait(&tile("killed", "gone")).await;
    lab.stop_router().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.start_router().await.unwrap();
    for name in &names {
        teacher.wait_at_most(&tile(name, "here"), 3 * GUARD).await;
    }
    let (mut arrived, mut lost) = (0, 0);
    for (tab, name) in names.iter().enumerate() {
        let page = tabs.at(tab).await;
        page.click("#rate-stop").await;
        page.wait("#rate[data-state=stopped][data-leaving='0']").await;
        let [.., count, missing] = agreed(page, &teacher, name).await;
        (arrived, lost) = (arrived + count, lost + missing);
    }
    println!("29 pages: {arrived} samples arrived, {lost} are told as missing");
    print_tasks(&teacher, "thirty pages").await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

/// One page is frozen while the teacher sends 1 MiB at 5 Hz. The others get every sample.
async fn frozen_page_does_not_hold_up_the_class(time: Duration) {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(2);
    let tabs = students(&teacher, &link, &names).await;
    let frozen = Page::open_first(&link).await;
    join(&frozen, "frozen").await;
    teacher.wait(&tile("frozen", "here")).await;
    teacher.fill("#preset", "tensor").await;
    teacher.fill("#row-length", "262144").await;
    teacher.wait("#build-state[data-state=ready][data-bytes='1048576']").await;
    teacher.click("#tab-put").await;
    teacher.fill("#hz", "5").await;
    teacher.click("#rate-start").await;
    let received = |page: Value| page.as_str().map_or(0, |text| text.replace(',', "").parse::<u64>().unwrap_or(0));
    let script = "return document.querySelector('#received')?.textContent ?? '0'";
    tabs.at(0).await.until("return Number(document.querySelector('#received')?.textContent) > 5", json!(true)).await;
    frozen.dev_tools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    let (begun, mut behind, mut asleep) = (Instant::now(), 0, false);
    while begun.elapsed() < time {
        for tab in 0..names.len() {
            let [puts, ..] = rate(&teacher).await;
            let got = received(tabs.at(tab).await.run(script, vec![]).await);
            behind = behind.max(puts.saturating_sub(got));
        }
        let state = teacher.attribute("#wall [data-name=frozen]", "data-state").await;
        asleep |= ["asleep", "gone"].contains(&state.as_str());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    teacher.click("#rate-stop").await;
    teacher.wait("#rate[data-state=stopped][data-leaving='0']").await;
    let [puts, failed, _] = rate(&teacher).await;
    println!(
        "{} s: {puts} puts of 1 MiB left, {failed} failed; the others were {behind} samples behind at most, which is {:.1} s",
        time.as_secs(),
        behind as f64 / 5.0
    );
    assert!(asleep, "the wall says that the page is asleep or gone");
    for tab in 0..names.len() {
        let all = format!("return Number(document.querySelector('#received')?.textContent.replace(',', '')) >= {puts}");
        tabs.at(tab).await.until(&all, json!(true)).await;
    }
    frozen.dev_tools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    // It goes on where it was: what it puts arrives.
    frozen.wait_at_most("#session[data-state=open]", 2 * GUARD).await;
    frozen.fill("#preset", "three").await;
    frozen.wait("#build-state[data-state=ready]").await;
    frozen.click("#tab-put").await;
    frozen.put_by("#put").await;
    until(&teacher, "frozen", "data-count", 1).await;
    frozen.close_with(&[], ANY).await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_page_does_not_hold_up_the_others() {
    frozen_page_does_not_hold_up_the_class(Duration::from_secs(10)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute"]
async fn page_frozen_for_a_minute_does_not_hold_up_the_others() {
    frozen_page_does_not_hold_up_the_class(Duration::from_secs(60)).await;
}
