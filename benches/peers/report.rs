//! The tables, the targets, and the file with all figures.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    Cell, Direction, SEED, SIZES, SMALL, Way,
    line::{Line, median, quantile},
    processes::Part,
};

/// The measured figures of a run.
pub(crate) struct Report {
    pub(crate) browser: String,
    pub(crate) rounds: u32,
    pub(crate) cells: Vec<Cell>,
    /// Milliseconds of each get of 64 B.
    pub(crate) gets: HashMap<Way, Vec<f64>>,
    /// Milliseconds of each lone put of 64 B, from page to page.
    pub(crate) lone: HashMap<Way, Vec<f64>>,
    /// Processor milliseconds of the page's longest task in each traced put, by way and length.
    pub(crate) tasks: HashMap<(Way, usize), Vec<f64>>,
}

/// The parts whose time depends on the client: what is in the browser.
const BROWSER: [Part; 3] = [Part::Page, Part::Network, Part::Browser];

impl Report {
    fn cell(&self, direction: Direction, way: Way, len: usize) -> &Cell {
        let found = |cell: &&Cell| cell.direction == direction && cell.way == way && cell.size.len == len;
        self.cells.iter().find(found).unwrap()
    }

    /// The speed of one way relative to another: the median of the ratios in each round.
    fn ratio(&self, direction: Direction, len: usize, [one, other]: [Way; 2]) -> f64 {
        let [one, other] = [one, other].map(|way| &self.cell(direction, way, len).rates);
        median(&one.iter().zip(other).map(|(one, other)| one / other).collect::<Vec<f64>>())
    }

    /// The same for the processor time of these parts.
    fn cost(&self, direction: Direction, len: usize, [one, other]: [Way; 2], parts: &[Part]) -> f64 {
        let [one, other] = [one, other].map(|way| self.cell(direction, way, len).spent(parts));
        one / other
    }

    /// What the module is to be, beside zenoh-ts. Both go over one router: the plugin's.
    fn targets(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = |name: String, value, unit, digits, target, at_least| {
            lines.push(Line { name, value, unit, digits, target, at_least });
        };
        let all: Vec<Part> = Part::ALL.iter().map(|(part, _)| *part).collect();
        for way in [Way::Stock, Way::Stream] {
            let ways = [way, Way::ZenohTs];
            for (direction, words) in [(Direction::Up, "up"), (Direction::Down, "down")] {
                for size in SIZES.iter().take(3) {
                    let of = format!("{}, {words}, {}", way.word(), size.name);
                    line(format!("{of}: rate"), self.ratio(direction, size.len, ways), "x", 2, 1.5, true);
                    line(format!("{of}: processor"), self.cost(direction, size.len, ways, &all), "x", 2, 0.7, false);
                    let share = self.cost(direction, size.len, ways, &BROWSER);
                    line(format!("{of}: page and browser"), share, "x", 2, 0.5, false);
                }
            }
            let of = way.word();
            let small = |direction| self.ratio(direction, SMALL, ways);
            line(format!("{of}, up, 64 B, awaited: rate"), small(Direction::UpAwaited), "x", 2, 10.0, true);
            line(format!("{of}, down, 64 B: rate"), small(Direction::Down), "x", 2, 5.0, true);
            for size in [&SIZES[2], &SIZES[0]] {
                let ratio = self.ratio(Direction::UpAwaited, size.len, ways);
                line(format!("{of}, up, {}, awaited: rate", size.name), ratio, "x", 2, 1.2, true);
            }
            let (own, other) = (&self.gets[&way], &self.gets[&Way::ZenohTs]);
            line(format!("{of}, get of 64 B: median"), median(own) / median(other), "x", 2, 1.0, false);
            let last = quantile(own, 0.99) / quantile(other, 0.99);
            line(format!("{of}, get of 64 B: 99 of 100 within"), last, "x", 2, 0.25, false);
            line(format!("{of}, lone put of 64 B: median"), median(&self.lone[&way]), "ms", 2, 1.0, false);
        }
        let own = [Part::Page, Part::Network, Part::Browser, Part::Router];
        for (direction, words) in [(Direction::Up, "up"), (Direction::Down, "down")] {
            for size in &SIZES {
                let ways = [Way::Stream, Way::Ws];
                let of = format!("/zenoh beside the ws port, {words}, {}", size.name);
                line(format!("{of}: rate"), self.ratio(direction, size.len, ways), "x", 2, 1.0, true);
                if size.len > 1 << 10 {
                    let cost = self.cost(direction, size.len, ways, &own);
                    line(format!("{of}: lab and browser"), cost, "x", 2, 0.75, false);
                }
            }
        }
        for size in &SIZES {
            let tasks = &self.tasks[&(Way::Stream, size.len)];
            line(format!("longest task in a put of {}: median", size.name), median(tasks), "ms", 2, 0.5, false);
            line(format!("longest task in a put of {}: of all", size.name), quantile(tasks, 1.0), "ms", 2, 4.0, false);
        }
        lines
    }

    pub(crate) fn print(&self) {
        println!("\nPeers: {}, {} rounds, medians", self.browser, self.rounds);
        for direction in Direction::ALL {
            let ways: Vec<Way> = Way::ALL.into_iter().filter(|way| direction.has(*way)).collect();
            println!("\n{}, in a second", direction.word());
            print!("  {:<10}", "");
            ways.iter().for_each(|way| print!(" {:>12}", way.word()));
            println!(" {:>18} {:>18}", "stock / zenoh-ts", "stream / zenoh-ts");
            for size in &SIZES {
                print!("  {:<10}", size.name);
                ways.iter().for_each(|way| {
                    print!(" {:>12}", rate(median(&self.cell(direction, *way, size.len).rates), size.len));
                });
                let [stock, stream] =
                    [Way::Stock, Way::Stream].map(|way| self.ratio(direction, size.len, [way, Way::ZenohTs]));
                println!(" {stock:>16.2} x {stream:>16.2} x");
            }
            println!("\n{}, processor time for a payload", direction.word());
            print!("  {:<22}", "");
            Part::ALL.iter().for_each(|(_, name)| print!(" {name:>11}"));
            println!(" {:>11}", "together");
            for cell in self.cells.iter().filter(|cell| cell.direction == direction) {
                print!("  {:<10} {:<11}", cell.size.name, cell.way.word());
                Part::ALL.iter().for_each(|(part, _)| print!(" {:>11}", time(cell.spent(&[*part]))));
                println!(" {:>11}", time(cell.spent(&Part::ALL.map(|(part, _)| part))));
            }
        }
        println!("\nMilliseconds of a get of 64 B, and of a lone put of 64 B from page to page");
        println!("  {:<10} {:>10} {:>10} {:>14} {:>10}", "", "median", "p99", "put, median", "p99");
        for way in Way::SESSIONS {
            let (gets, lone) = (&self.gets[&way], &self.lone[&way]);
            let [get, late] = [median(gets), quantile(gets, 0.99)];
            println!(
                "  {:<10} {get:>10.2} {late:>10.2} {:>14.2} {:>10.2}",
                way.word(),
                median(lone),
                quantile(lone, 0.99)
            );
        }
        println!("\nProcessor time of the page's longest task in a put: median, and of all");
        for ((way, len), tasks) in &self.tasks {
            let name = SIZES.iter().find(|size| size.len == *len).map_or("", |size| size.name);
            println!("  {:<10} {name:<10} {:.2} ms, {:.2} ms", way.word(), median(tasks), quantile(tasks, 1.0));
        }
        println!("\nPeers beside targets");
        self.targets().iter().for_each(Line::print);
    }

    pub(crate) fn json(&self) -> Value {
        let named = |used: &HashMap<Part, f64>| -> Value {
            Part::ALL.iter().map(|(part, name)| ((*name).to_owned(), json!(used.get(part)))).collect()
        };
        let cells: Vec<Value> = self
            .cells
            .iter()
            .map(|cell| {
                json!({
                    "direction": cell.direction.word(),
                    "way": cell.way.word(),
                    "bytes": cell.size.len,
                    "payloads": cell.count(),
                    "per_second": cell.rates,
                    "cpu_ms_per_payload": cell.used.iter().map(named).collect::<Vec<_>>(),
                })
            })
            .collect();
        let by_way = |times: &HashMap<Way, Vec<f64>>| -> Value {
            times.iter().map(|(way, times)| (way.word().to_owned(), json!(times))).collect()
        };
        let tasks: Vec<Value> = self
            .tasks
            .iter()
            .map(|((way, len), cpu)| json!({ "way": way.word(), "bytes": len, "cpu_ms": cpu }))
            .collect();
        json!({
            "format": "zbytes-lab-peers",
            "version": 1,
            "browser": self.browser,
            "rounds": self.rounds,
            "seed": SEED,
            "cells": cells,
            "get_ms": by_way(&self.gets),
            "lone_put_ms": by_way(&self.lone),
            "put_longest_task": tasks,
            "targets": self.targets().iter().map(Line::json).collect::<Vec<_>>(),
        })
    }
}

impl Cell {
    /// Processor milliseconds for a payload, of these parts together: over all rounds, because the
    /// system counts in steps of ten.
    fn spent(&self, parts: &[Part]) -> f64 {
        let all: f64 = self.used.iter().flat_map(|used| parts.iter().filter_map(|part| used.get(part))).sum();
        all / self.used.len() as f64
    }
}

/// Payloads in a second, or megabytes when they are long.
fn rate(per_second: f64, len: usize) -> String {
    if len <= 1 << 10 { format!("{per_second:.0} /s") } else { format!("{:.0} MB/s", per_second * len as f64 / 1e6) }
}

fn time(millis: f64) -> String {
    if millis < 0.1 { format!("{:.2} us", millis * 1e3) } else { format!("{millis:.2} ms") }
}
