//! Figures beside their targets.

use serde_json::{Value, json};

/// A figure beside its target, with its unit and the digits to print.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) digits: usize,
    pub(crate) target: f64,
    pub(crate) at_least: bool,
}

impl Line {
    fn met(&self) -> bool {
        if self.at_least { self.value >= self.target } else { self.value <= self.target }
    }

    pub(crate) fn print(&self) {
        let Self { name, value, unit, digits, target, at_least } = self;
        let sign = if *at_least { ">=" } else { "<=" };
        let verdict = if self.met() { "met" } else { "MISSED" };
        let value = format!("{value:.digits$} {unit}");
        println!("  {name:<58} {value:>16}   {sign} {target} {unit:<12} {verdict}");
    }

    pub(crate) fn json(&self) -> Value {
        let kind = if self.at_least { "at least" } else { "at most" };
        json!({ "name": self.name, "value": self.value, "unit": self.unit, "target": self.target, "kind": kind, "met": self.met() })
    }
}

pub(crate) fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * at).round() as usize]
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}
