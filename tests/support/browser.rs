//! A browser, driven over W3C WebDriver, with the page in it. It is a headless Chromium, unless a
//! test asks for another engine.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use zbytes_lab::app::{Setup, State};

use super::GUARD;

/// Where the focus is: the id of the element, or else its beginning, and the open dialogs.
pub(super) const FOCUS: &str = "
    const dialogs = [...document.querySelectorAll('dialog[open]')].map((one) => one.id);
    const here = document.activeElement;
    return (here.id || here.outerHTML.slice(0, 80)) + (dialogs.length ? ' in ' + dialogs : '')";

/// Chromium's own words for a WebSocket that was refused or cut. A page can neither prevent nor
/// catch them.
pub(crate) const SOCKET_FAILED: &str = "WebSocket connection to '";

/// Chromium's own words for a request without an answer. The page makes such requests while its lab
/// is away.
pub(crate) const NO_ANSWER: &str = "/lab.json - Failed to load resource: net::ERR_";

/// The browser of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Chromium,
    /// Firefox: Gecko.
    Firefox,
    /// WebKitGTK's own MiniBrowser, on a screen of Xvfb.
    WebKit,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];
}

/// A page in a browser of its own. [`Page::close`] ends it and checks the console.
pub(crate) struct Page {
    pub(crate) client: Client,
    engine: Engine,
    driver: Driver,
    profile: std::path::PathBuf,
}

/// Keeps the console messages of a page, for engines whose driver does not. Messages from before
/// the page has loaded are lost.
const COLLECT: &str = "
    window.said = [];
    const say = console.error;
    console.error = (...words) => { said.push(words.join(' ')); say.apply(console, words); };
    addEventListener('error', (event) => said.push(event.message));
    addEventListener('unhandledrejection', (event) => said.push(String(event.reason)));";

/// In Firefox: the errors in the browser's own console that belong to pages at an address.
const ERRORS_OF: &str = "
    const errors = Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError && !(one.flags & 1));
    return errors.filter((one) => one.sourceName.startsWith(arguments[0])).map((one) => one.message);";

/// Has the next scripts run in Firefox itself, or in the page again.
#[derive(Debug)]
struct Context(&'static str);

impl WebDriverCompatibleCommand for Context {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/moz/context", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "context": self.0 }).to_string()))
    }
}

#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// Input of several pointers at the same time, for which fantoccini has no method.
#[derive(Debug)]
struct Input(Value);

impl WebDriverCompatibleCommand for Input {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/actions", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "actions": self.0 }).to_string()))
    }
}

/// A command of Chromium's own protocol, for actions that WebDriver lacks.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.command, "params": self.params }).to_string()))
    }
}

fn from_env(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

/// Chromium with its windows.
fn whole() -> String {
    from_env("CHROME", "/usr/bin/chromium")
}

impl Page {
    /// Opens `url` in a tab that was there before and was not connected, and waits until the page has
    /// started. It connects only when it is told to.
    pub(crate) async fn open(url: &str) -> Self {
        let page = Self::at(url).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// Opens `url` as a person does who has never been there. The page may connect by itself.
    pub(crate) async fn open_first(url: &str) -> Self {
        let page = Self::at_in(Engine::Chromium, url, None).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// The same as [`Page::open`] in a browser with windows, in which one tab hides another one.
    pub(crate) async fn open_in_tab(url: &str) -> Self {
        let before = Setup::of(&State::default()).to_json().unwrap();
        let page = Self::started(Engine::Chromium, whole(), url, Some(&before)).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// Opens `url` and chooses a preset.
    pub(crate) async fn open_with(url: &str, preset: &str) -> Self {
        let page = Self::open(url).await;
        page.fill("#preset", preset).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// Opens `url` in a browser of this engine, and waits until the page has started. It may connect by
    /// itself.
    pub(crate) async fn open_in(engine: Engine, url: &str) -> Self {
        let page = Self::at_in(engine, url, None).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// Opens `url` in a browser with a camera and a microphone that are made up. `more` are further
    /// arguments of Chromium. Without `allows`, the browser allows neither of them.
    pub(crate) async fn open_with_devices(engine: Engine, url: &str, allows: bool, more: &[&str]) -> Self {
        let chromium = std::env::var("CHROME_SHELL").unwrap_or_else(|_| whole());
        let mut args = vec!["--use-fake-device-for-media-stream"];
        args.push(if allows { "--use-fake-ui-for-media-stream" } else { "--use-fake-ui-for-media-stream=deny" });
        args.extend(more);
        let page = Self::started_with(engine, chromium, url, None, &args).await;
        page.wait("#build-state[data-state=ready]").await;
        page
    }

    /// Opens `url`, also when the page there does not start.
    pub(crate) async fn at(url: &str) -> Self {
        let before = Setup::of(&State::default()).to_json().unwrap();
        Self::at_in(Engine::Chromium, url, Some(&before)).await
    }

    /// The same in a browser of this engine.
    pub(crate) async fn at_with(engine: Engine, url: &str) -> Self {
        Self::at_in(engine, url, None).await
    }

    /// `before` is what the tab has kept, if it was there before. Only Chromium can be told that.
    async fn at_in(engine: Engine, url: &str, before: Option<&str>) -> Self {
        let chromium = std::env::var("CHROME_SHELL").unwrap_or_else(|_| whole());
        Self::started(engine, chromium, url, before).await
    }

    async fn started(engine: Engine, chromium: String, url: &str, before: Option<&str>) -> Self {
        Self::started_with(engine, chromium, url, before, &[]).await
    }

    /// `more` are arguments of Chromium. In other engines, any of them stands for devices that are made up.
    async fn started_with(engine: Engine, chromium: String, url: &str, before: Option<&str>, more: &[&str]) -> Self {
        // The driver looks for a free port in both families of addresses. Another program may take
        // that port meanwhile.
        let start = |attempt| {
            std::thread::sleep(attempt * Duration::from_millis(200));
            Driver::start(engine)
        };
        let (driver, port) = (0..10).find_map(start).expect("the driver starts; scripts/test installs it");
        let profile = std::env::temp_dir().join(format!("zbytes-lab-{}-{port}", std::process::id()));
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1440,900",
        ];
        let mut args: Vec<String> = args.iter().chain(more).map(|arg| (*arg).to_owned()).collect();
        args.push(format!("--user-data-dir={}", profile.display()));
        let capabilities = match engine {
            // The driver would keep a hidden page's timers running, unlike a person's browser.
            Engine::Chromium => json!({
                "goog:chromeOptions": { "binary": chromium, "args": args,
                    "excludeSwitches": ["disable-background-timer-throttling"] },
                "goog:loggingPrefs": { "browser": "ALL" },
            }),
            Engine::Firefox => json!({
                "moz:firefoxOptions": { "binary": from_env("FIREFOX", "/usr/bin/firefox-esr"),
                    "args": ["-headless", "--width=1440", "--height=900"],
                    "prefs": {
                        "media.navigator.streams.fake": !more.is_empty(),
                        "media.navigator.permission.disabled": !more.is_empty(),
                    } },
            }),
            Engine::WebKit => json!({
                "webkitgtk:browserOptions": { "binary": from_env("MINIBROWSER", "MiniBrowser"),
                    "args": if more.is_empty() { json!(["--automation", "--geometry=1440x900"]) } else {
                        json!(["--automation", "--geometry=1440x900", "--enable-mock-capture-devices=true"])
                    } },
            }),
        };
        let Value::Object(mut capabilities) = capabilities else { unreachable!() };
        // A person presses Continue instead, where a lab has made its certificate.
        capabilities.insert("acceptInsecureCerts".to_owned(), json!(url.starts_with("https:")));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        let mut page = Self { client, engine, driver, profile };
        page.driver.session = page.client.session_id().await.unwrap();
        if let Some(before) = before {
            let key = "zbytes-lab.setup";
            let source = format!(
                "try {{ sessionStorage.getItem('{key}') ?? sessionStorage.setItem('{key}', {}) }} catch {{}}",
                json!(before)
            );
            page.dev_tools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        }
        page.client.goto(url).await.unwrap();
        if engine != Engine::Chromium {
            page.run(COLLECT, vec![]).await;
        }
        page
    }

    /// The process that started the browser.
    pub(crate) fn driver_pid(&self) -> u32 {
        self.driver.process.id()
    }

    /// The address of the browser's own debugger, as in `127.0.0.1:9222`.
    pub(crate) fn debugger(&self) -> String {
        self.capability("/goog:chromeOptions/debuggerAddress")
    }

    /// The browser's name and version.
    pub(crate) fn browser(&self) -> String {
        format!("{} {}", self.capability("/browserName"), self.capability("/browserVersion"))
    }

    fn capability(&self, path: &str) -> String {
        let all = Value::Object(self.client.capabilities().cloned().unwrap_or_default());
        all.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Makes the page as one of a slow machine, or ends that: each look at the clock is 20 ms after the one before.
    /// Yew stops for other work after 16 ms, and goes on when a timer ends. Events that come meanwhile have ended
    /// when their messages run.
    pub(crate) async fn slow_down(&self, slow: bool) {
        let script = "
            window.own ??= [Date.now, window.setTimeout];
            [Date.now, window.setTimeout] = window.own;
            if (!arguments[0]) return;
            const [now, timer] = window.own;
            let late = 0;
            Date.now = () => now() + (late += 20);
            window.setTimeout = (what, ...rest) => timer(what, rest[0] > 0 ? rest[0] : 100);";
        self.run(script, vec![json!(slow)]).await;
    }

    /// Waits until an element matches `css`.
    pub(crate) async fn wait(&self, css: &str) -> Element {
        self.wait_at_most(css, GUARD).await
    }

    /// The same for slower results.
    pub(crate) async fn wait_at_most(&self, css: &str, guard: Duration) -> Element {
        match self.client.wait().at_most(guard).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => {
                let (words, console) = (self.text("body").await, self.console().await.join("\n"));
                let focus = self.run(FOCUS, vec![]).await;
                panic!(
                    "nothing matches {css} ({error}). The focus is at {focus}. The console says:\n{console}\nThe page says:\n{words}"
                )
            }
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        // Through the page, because the element may be scrolled out of a pane's view.
        self.wait(css).await;
        self.run("document.querySelector(arguments[0]).click()", vec![json!(css)]).await;
    }

    /// Clicks as a mouse does, at the place of the element.
    pub(crate) async fn press(&self, css: &str) {
        self.wait(css).await.click().await.unwrap();
    }

    /// Performs actions as WebDriver writes them. Those of several pointers run at the same time.
    pub(crate) async fn perform(&self, actions: Value) {
        self.client.issue_cmd(Input(actions)).await.unwrap();
    }

    /// Puts or deletes by a button, and waits until that put has ended well.
    pub(crate) async fn put_by(&self, button: &str) {
        self.put_at_most(button, GUARD).await;
    }

    /// The same for what takes longer.
    pub(crate) async fn put_at_most(&self, button: &str, guard: Duration) {
        // The result of the put before may say the same, and is drawn until the next one ends.
        let before = self.attribute("#put-result", "data-put").await;
        self.click(button).await;
        self.wait_at_most(&format!("#put-result[data-state=done]:not([data-put='{before}'])"), guard).await;
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
        self.run(script, vec![json!(css)]).await.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? ''";
        self.run(script, vec![json!(css), json!(name)]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Types `value` into a field, or chooses it in a list.
    pub(crate) async fn fill(&self, css: &str, value: &str) {
        self.wait(css).await;
        let script = "
            const field = document.querySelector(arguments[0]);
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run(script, vec![json!(css), json!(value)]).await;
    }

    pub(crate) async fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.client.execute(script, args).await.unwrap()
    }

    /// Waits until a script returns the expected value.
    pub(crate) async fn until(&self, script: &str, expected: Value) {
        let begun = tokio::time::Instant::now();
        let mut found = self.run(script, vec![]).await;
        while found != expected && begun.elapsed() < GUARD {
            tokio::time::sleep(Duration::from_millis(50)).await;
            found = self.run(script, vec![]).await;
        }
        assert!(
            found == expected,
            "{script} gives {found}, and never {expected}. The page says:\n{}",
            self.text("body").await
        );
    }

    /// Opens a session with `locator`, in place of one that the page has opened by itself, and
    /// subscribes to `lab/**`.
    pub(crate) async fn connect(&self, locator: &str) {
        let script = "
            const [field, connect] = ['locator', 'connect'].map((id) => document.getElementById(id));
            if (!connect) {
                document.querySelector('#session[data-state=open]') && document.getElementById('disconnect').click();
                return false;
            }
            field.value = arguments[0];
            field.dispatchEvent(new Event('input', { bubbles: true }));
            connect.click();
            return true";
        let begun = tokio::time::Instant::now();
        while self.run(script, vec![json!(locator)]).await != json!(true) {
            assert!(begun.elapsed() < GUARD, "the page does not end its session");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.wait("#session[data-state=open]").await;
        self.click("#subscribe").await;
        self.wait("#undeclare").await;
    }

    /// Has the engine collect the objects that the page does not hold any more.
    pub(crate) async fn collect_garbage(&self) {
        self.dev_tools("HeapProfiler.collectGarbage", json!({})).await;
    }

    /// Shows the page as on a screen of this size, and to a person who prefers dark or light
    /// colours.
    pub(crate) async fn emulate(&self, (width, height): (u32, u32), dark: bool) {
        let phone = width < 700;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone });
        self.dev_tools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.dev_tools("Emulation.setEmulatedMedia", media).await;
    }

    /// Hides scrollbars.
    pub(crate) async fn hide_scrollbars(&self) {
        self.dev_tools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// Has the browser do an action that WebDriver lacks. Returns its answer.
    pub(crate) async fn dev_tools(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools { command, params }).await.unwrap()
    }

    /// Messages of the console since the last call. For engines other than Chromium: all errors.
    pub(crate) async fn console(&self) -> Vec<String> {
        if self.engine != Engine::Chromium {
            let address = self.client.current_url().await.unwrap().to_string();
            let mut said = vec![self.run("return window.said", vec![]).await];
            if self.engine == Engine::Firefox {
                self.client.issue_cmd(Context("chrome")).await.unwrap();
                said.push(self.run(ERRORS_OF, vec![json!(address)]).await);
                self.client.issue_cmd(Context("content")).await.unwrap();
            }
            let lines = said.iter().filter_map(Value::as_array).flatten();
            return lines.map(|line| line.as_str().unwrap_or_default().to_owned()).collect();
        }
        let log = self.client.issue_cmd(ConsoleLog).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Ends the browser. The console must hold exactly the lines that the test provoked: for each
    /// pattern, so many lines with it.
    pub(crate) async fn close(self, provoked: &[(&str, usize)]) {
        self.close_with(provoked, &[]).await;
    }

    /// Works like [`Page::close`], but also allows any number of lines with one of the patterns in
    /// `any`.
    pub(crate) async fn close_with(self, provoked: &[(&str, usize)], any: &[&str]) {
        let lines = self.console().await;
        for (pattern, count) in provoked {
            let found = lines.iter().filter(|line| line.contains(pattern)).count();
            assert_eq!(found, *count, "lines with {pattern:?} in the console: {lines:#?}");
        }
        let others: Vec<&String> = lines
            .iter()
            .filter(|line| {
                !provoked.iter().map(|(pattern, _)| pattern).chain(any).any(|pattern| line.contains(pattern))
            })
            .collect();
        assert!(others.is_empty(), "unexpected in the console: {others:#?}");
        self.client.clone().close().await.unwrap();
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.driver.end();
        // A remaining folder does no harm.
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// The process of a driver. It ends with the test, even when the test fails.
struct Driver {
    engine: Engine,
    process: Child,
    port: u16,
    session: Option<String>,
    /// The screen of a browser that needs one.
    screen: Option<Screen>,
    /// Where it runs: Chromium saves files there.
    _folder: tempfile::TempDir,
}

impl Driver {
    /// Starts one, on a port of its choice or of ours. `None` when it has ended immediately.
    fn start(engine: Engine) -> Option<(Self, u16)> {
        let mut screen = None;
        let (mut command, said) = match engine {
            Engine::Chromium => {
                let mut command = Command::new(from_env("CHROMEDRIVER", "chromedriver"));
                command.arg("--port=0");
                (command, Some("started successfully on port "))
            }
            Engine::Firefox => {
                let mut command = Command::new(from_env("GECKODRIVER", "geckodriver"));
                // The last argument lets a test read the browser's own console.
                command.args(["--port=0", "--websocket-port=0", "--allow-system-access"]);
                (command, Some("Listening on 127.0.0.1:"))
            }
            Engine::WebKit => {
                let mut command = Command::new(from_env("WEBKITDRIVER", "WebKitWebDriver"));
                let shown = Screen::start()?;
                // It does not accept 0 as a port, and prints nothing.
                let free = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
                command.arg(format!("--port={free}")).env("DISPLAY", &shown.name);
                // A container does not allow the sandbox of its processes.
                command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
                screen = Some(shown);
                (command, None)
            }
        };
        let given = command.get_args().find_map(|arg| arg.to_str()?.strip_prefix("--port=")?.parse::<u16>().ok());
        let folder = tempfile::tempdir().unwrap();
        let process = command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| panic!("{command:?}: {error}; scripts/test installs it"));
        let mut driver = Self { engine, process, port: given?, session: None, screen, _folder: folder };
        let mut lines = BufReader::new(driver.process.stdout.take()?).lines().map_while(Result::ok);
        match said {
            Some(said) => {
                let line = lines.find_map(|line| line.split(said).nth(1).map(str::to_owned))?;
                driver.port = line.trim_end_matches('.').parse().ok()?;
            }
            None => wait_for(driver.port)?,
        }
        std::thread::spawn(move || lines.for_each(drop));
        let port = driver.port;
        Some((driver, port))
    }

    /// Has it end its browsers first: killing it would leave them behind. After a successful test
    /// it has none.
    fn end(&mut self) {
        let say = |what: &str| -> std::io::Result<()> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "{what} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        };
        // It may have ended already, or not answer any more.
        let _ = match (self.engine, &self.session) {
            (Engine::Chromium, _) => say("GET /shutdown"),
            (_, Some(session)) => say(&format!("DELETE /session/{session}")),
            _ => Ok(()),
        };
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.screen = None;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits until a program listens at the port.
fn wait_for(port: u16) -> Option<()> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < GUARD {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// A screen of Xvfb.
struct Screen {
    process: Child,
    /// Its name, as in `:7`.
    name: String,
}

impl Screen {
    fn start() -> Option<Self> {
        let process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1100x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts; scripts/test installs it");
        // Complete before the first question, so that dropping it ends the process when it does not
        // answer.
        let mut screen = Self { process, name: String::new() };
        let mut line = String::new();
        BufReader::new(screen.process.stdout.take()?).read_line(&mut line).ok()?;
        screen.name = format!(":{}", line.trim());
        Some(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
