//! docs/monitor.md: its example is written by a test, and its tables have every field and no other.

use crate::{expected, scene::Scene};
use counterweight_keeper::{
    monitor::{
        ask::{Ask, Curves, Target},
        view::View,
    },
    report::Report,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = include_str!("../../../docs/monitor.md");

fn scene() -> Scene {
    let mut scene = Scene::busy();
    scene.x.set_price(1, 14_700_000_000);
    scene
}

fn view(scene: &Scene) -> View {
    scene.view(&Ask {
        shock: vec!["SOL=-20".parse().unwrap()],
        curves: Curves::Of(Target::Named("SOL".into())),
        ..Ask::default()
    })
}

/// With no more than the first entry of each list.
fn shortened(value: &mut Value) {
    match value {
        Value::Array(entries) => {
            entries.truncate(1);
            entries.iter_mut().for_each(shortened);
        }
        Value::Object(fields) => fields.values_mut().for_each(shortened),
        _ => {}
    }
}

#[test]
fn the_example_of_the_document_is_what_the_monitor_writes() {
    let mut example = serde_json::to_value(view(&scene())).unwrap();
    shortened(&mut example);
    let text = serde_json::to_string_pretty(&example).unwrap();
    let marks = [
        "<!-- example: written by a test -->",
        "<!-- end of example -->",
    ];
    expected::section(
        "../docs/monitor.md",
        marks,
        &format!("```json\n{text}\n```\n"),
    );
}

/// The fields of every object, by where it stands: `body.accounts.rows[].distances[]`.
fn fields(value: &Value, at: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(object) => {
            found
                .entry(at.into())
                .or_default()
                .extend(object.keys().cloned());
            for (name, value) in object {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                fields(value, &at, found);
            }
        }
        Value::Array(entries) => entries
            .iter()
            .for_each(|entry| fields(entry, &format!("{at}[]"), found)),
        _ => {}
    }
}

/// The fields that the document has in the table under each heading that is a place.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut place = None;
    for line in DOCUMENT.lines() {
        if line.starts_with('#') {
            place = line
                .split_once("### `")
                .map(|(_, rest)| rest.trim_end_matches('`').to_owned());
            continue;
        }
        let field = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once('`'));
        if let (Some(place), Some((field, _))) = (&place, field) {
            let place = if place == "document" {
                String::new()
            } else {
                place.clone()
            };
            found.entry(place).or_default().insert(field.to_owned());
        }
    }
    found
}

#[test]
fn every_field_is_documented_and_no_other() {
    let scene = scene();
    let mut found = BTreeMap::new();
    fields(&serde_json::to_value(view(&scene)).unwrap(), "", &mut found);
    let report = Report::of(&scene.reading(), &scene.prices(), 3);
    let mut report = serde_json::to_value(report).unwrap();
    report.as_object_mut().unwrap().remove("view");
    fields(&report, "report", &mut found);
    found.get_mut("report").unwrap().insert("view".into());
    // The sides of an asset are alike, and stand under one heading.
    for side in ["short", "collateral"] {
        let long = found["body.exposure[].long"].clone();
        assert_eq!(found.remove(&format!("body.exposure[].{side}")), Some(long));
        found.remove(&format!("body.exposure[].{side}.largest[]"));
    }
    assert_eq!(documented(), found);
}
