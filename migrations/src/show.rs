//! A plan for people, and for programs.

use counterweight_deploy::{Plan, Step};
use serde_json::{Value, json};
use std::fmt::Write;

/// A plan as a table, each step with the fields that it changes.
pub fn table(plan: &Plan) -> String {
    let mut text = String::new();
    let venue = &plan.addresses.venue;
    let authority = plan.authority;
    let _ = writeln!(
        text,
        "clearinghouse {}, authority {authority}",
        venue.clearinghouse
    );
    if plan.is_empty() {
        text.push_str("nothing is to be done: the chain has what the file describes\n");
    }
    let digits = plan.steps.len().to_string().len();
    for (number, step) in (1..).zip(&plan.steps) {
        let _ = writeln!(text, "{number:>digits$}. {step}");
        let width = |of: fn(&counterweight_deploy::Change) -> &str| {
            let widths = step.changes.iter().map(|change| of(change).chars().count());
            widths.max().unwrap_or(0)
        };
        let (field, old) = (width(|change| &change.field), width(|change| &change.old));
        for change in &step.changes {
            let _ = writeln!(
                text,
                "{:digits$}    {:field$}  {:>old$} -> {}",
                "", change.field, change.old, change.new
            );
        }
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// A plan as JSON.
pub fn json(plan: &Plan) -> Value {
    json!({
        "clearinghouse": plan.addresses.venue.clearinghouse.to_string(),
        "risk_book": plan.addresses.venue.risk_book.to_string(),
        "authority": plan.authority.to_string(),
        "steps": plan.steps.iter().map(step_json).collect::<Vec<_>>(),
        "notes": plan.notes,
    })
}

/// A step as JSON.
pub fn step_json(step: &Step) -> Value {
    json!({
        "instruction": step.action.instruction(),
        "subject": step.subject,
        "does": step.to_string(),
        "changes": step.changes,
    })
}
