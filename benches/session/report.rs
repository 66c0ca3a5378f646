//! The tables, the targets, and the file with all figures.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    Cell, DOWN, Direction, SEED, SIZES, SMALL, TENSOR, Task, Way,
    line::{Line, median, quantile},
    processes::Part,
};

/// The measured figures of a run.
pub(crate) struct Report {
    pub(crate) browser: String,
    pub(crate) rounds: u32,
    pub(crate) cells: Vec<Cell>,
    /// Milliseconds of each get.
    pub(crate) gets: HashMap<Way, Vec<f64>>,
    /// The longest task of each traced put.
    pub(crate) tasks: HashMap<Way, Vec<Task>>,
    /// Milliseconds until subscribers worked again, by ws and by `/zenoh`, for each of [`DOWN`].
    pub(crate) back: Vec<[f64; 2]>,
}

impl Report {
    fn cell(&self, direction: Direction, way: Way, len: usize) -> &Cell {
        let found = |cell: &&Cell| cell.direction == direction && cell.way == way && cell.size.len == len;
        self.cells.iter().find(found).unwrap()
    }

    /// The speed of one way relative to another: the median of the ratios in each round.
    fn ratio(&self, direction: Direction, len: usize, [one, other]: [Way; 2]) -> f64 {
        let [one, other] = [one, other].map(|way| &self.cell(direction, way, len).rates);
        let ratios: Vec<f64> = one.iter().zip(other).map(|(one, other)| one / other).collect();
        median(&ratios)
    }

    fn targets(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = |name: String, value, unit, digits, target, at_least| {
            lines.push(Line { name, value, unit, digits, target, at_least });
        };
        for (direction, words, large) in [(Direction::Up, "up", 0.6), (Direction::Down, "down", 0.7)] {
            for size in SIZES.iter().filter(|size| size.len != SMALL) {
                let target = if size.len == TENSOR { large } else { 0.55 };
                let ratio = self.ratio(direction, size.len, [Way::Ws, Way::Bare]);
                line(format!("{words}, {}, against a bare WebSocket", size.name), ratio, "x", 2, target, true);
            }
        }
        let small = |direction| median(&self.cell(direction, Way::Ws, SMALL).rates);
        line("up, 64 B, puts in a second".to_owned(), small(Direction::Up), "/s", 0, 500e3, true);
        line("down, 64 B, samples in a second".to_owned(), small(Direction::Down), "/s", 0, 150e3, true);
        for (direction, words) in [(Direction::Up, "up"), (Direction::Down, "down")] {
            for size in &SIZES {
                let ratio = self.ratio(direction, size.len, [Way::Zenoh, Way::Ws]);
                line(format!("{words}, {}, /zenoh against the ws port", size.name), ratio, "x", 2, 0.9, true);
            }
        }
        let gets = &self.gets[&Way::Ws];
        line("get of 64 B, median".to_owned(), median(gets), "ms", 2, 1.5, false);
        line("get of 64 B, 99 of 100 within".to_owned(), quantile(gets, 0.99), "ms", 2, 5.0, false);
        let ratio = median(gets) / median(&self.gets[&Way::Zenoh]);
        line("get of 64 B, /zenoh against the ws port".to_owned(), ratio, "x", 2, 0.9, true);
        let longest = self.tasks.values().flatten().map(|task| task.wall).collect::<Vec<_>>();
        line(
            "longest main-thread task in a put of 11.25 MiB, median".to_owned(),
            median(&longest),
            "ms",
            2,
            5.0,
            false,
        );
        line("  of all puts".to_owned(), quantile(&longest, 1.0), "ms", 2, 5.0, false);
        let back: Vec<f64> = self.back.iter().flatten().map(|ms| ms / 1e3).collect();
        line("router back until subscribers work, median".to_owned(), median(&back), "s", 2, 3.0, false);
        line("  slowest".to_owned(), quantile(&back, 1.0), "s", 2, 3.0, false);
        lines
    }

    pub(crate) fn print(&self) {
        println!("\nSessions: {}, {} rounds, medians", self.browser, self.rounds);
        for (direction, words) in [
            (Direction::Up, "From the page to a native subscriber"),
            (Direction::Down, "From a native publisher to the page"),
        ] {
            println!("\n{words}, in a second");
            println!(
                "  {:<12} {:>14} {:>14} {:>14} {:>14} {:>10} {:>12}",
                "", "bare WebSocket", "page, ws", "page, /zenoh", "native, ws", "ws / bare", "/zenoh / ws"
            );
            for size in &SIZES {
                print!("  {:<12}", size.name);
                for way in Way::ALL {
                    print!(" {:>14}", rate(median(&self.cell(direction, way, size.len).rates), size.len));
                }
                let [bare, hop] =
                    [[Way::Ws, Way::Bare], [Way::Zenoh, Way::Ws]].map(|ways| self.ratio(direction, size.len, ways));
                println!(" {bare:>8.2} x {hop:>10.2} x");
            }
            println!("\n{words}, processor time for a payload");
            print!("  {:<28}", "");
            for (_, name) in Part::ALL {
                print!(" {name:>12}");
            }
            println!();
            for cell in self.cells.iter().filter(|cell| cell.direction == direction) {
                print!("  {:<12} {:<15}", cell.size.name, cell.way.word());
                for (part, _) in Part::ALL {
                    print!(" {:>12}", time(cell.per_payload(part)));
                }
                println!();
            }
        }
        println!("\nThreads at work while payloads of 11.25 MiB flow, in hundredths of a processor");
        for cell in self.cells.iter().filter(|cell| cell.size.len == TENSOR) {
            let mut threads: Vec<_> =
                cell.used.iter().map(|(thread, used)| (100.0 * used / cell.lasted, thread)).collect();
            threads.sort_by(|a, b| b.0.total_cmp(&a.0));
            let all: f64 = threads.iter().map(|(share, _)| share).sum();
            let busiest: Vec<String> = threads
                .iter()
                .take(7)
                .map(|(share, (part, name))| format!("{} {name} {share:.0}", part.name()))
                .collect();
            println!("  {:<5} {:<7} {all:>4.0}: {}", cell.direction.word(), cell.way.word(), busiest.join(", "));
        }
        println!("\nLongest task of the page's main thread in a put of 11.25 MiB");
        for way in [Way::Ws, Way::Zenoh] {
            let tasks = &self.tasks[&way];
            let [wall, cpu] =
                [|task: &Task| task.wall, |task: &Task| task.cpu].map(|of| tasks.iter().map(of).collect::<Vec<f64>>());
            println!(
                "  {:<12} by the clock {:.2} ms, at most {:.2} ms; of the processor {:.2} ms, at most {:.2} ms",
                way.word(),
                median(&wall),
                quantile(&wall, 1.0),
                median(&cpu),
                quantile(&cpu, 1.0)
            );
        }
        if let Some(worst) = self.tasks.values().flatten().max_by(|a, b| a.wall.total_cmp(&b.wall)) {
            println!("  in the longest of all the engine collected garbage for {:.2} ms", worst.garbage);
        }
        println!("\nSubscribers work again after the router's return, ms, by ws and by /zenoh");
        for (down, back) in DOWN.iter().zip(&self.back) {
            println!("  down for {:.1} s {:>20.0} {:>8.0}", *down as f64 / 1e3, back[0], back[1]);
        }
        println!("\nSessions beside targets");
        self.targets().iter().for_each(Line::print);
    }

    pub(crate) fn json(&self) -> Value {
        let cells: Vec<Value> = self
            .cells
            .iter()
            .map(|cell| {
                let cpu: HashMap<&str, f64> =
                    Part::ALL.iter().map(|(part, name)| (*name, cell.per_payload(*part))).collect();
                json!({
                    "direction": cell.direction.word(),
                    "way": cell.way.word(),
                    "bytes": cell.size.len,
                    "payloads": cell.count(),
                    "per_second": cell.rates,
                    "cpu_ms_per_payload": cpu,
                })
            })
            .collect();
        let gets: HashMap<&str, &Vec<f64>> = self.gets.iter().map(|(way, times)| (way.word(), times)).collect();
        let tasks = |of: fn(&Task) -> f64| -> HashMap<&str, Vec<f64>> {
            self.tasks.iter().map(|(way, tasks)| (way.word(), tasks.iter().map(of).collect())).collect()
        };
        json!({
            "format": "zbytes-lab-session",
            "version": 1,
            "browser": self.browser,
            "rounds": self.rounds,
            "seed": SEED,
            "cells": cells,
            "get_ms": gets,
            "put_longest_task": { "wall_ms": tasks(|task| task.wall), "cpu_ms": tasks(|task| task.cpu),
                "garbage_ms": tasks(|task| task.garbage) },
            "reconnect_ms": DOWN.iter().zip(&self.back)
                .map(|(down, back)| json!({ "down": down, "ws": back[0], "zenoh": back[1] })).collect::<Vec<_>>(),
            "targets": self.targets().iter().map(Line::json).collect::<Vec<_>>(),
        })
    }
}

/// Payloads in a second, or megabytes when they are long.
fn rate(per_second: f64, len: usize) -> String {
    if len == SMALL { format!("{per_second:.0} /s") } else { format!("{:.0} MB/s", per_second * len as f64 / 1e6) }
}

fn time(millis: f64) -> String {
    if millis < 0.1 { format!("{:.2} us", millis * 1e3) } else { format!("{millis:.2} ms") }
}
