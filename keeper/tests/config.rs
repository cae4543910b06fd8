//! The configuration, its example and its documentation say the same.

use counterweight_keeper::config::Config;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use toml::Value;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    let path = file(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every field by its full name. Tables that are empty are fields too: they take names.
fn fields(value: &Value) -> BTreeMap<String, Value> {
    fn walk(name: &str, value: &Value, all: &mut BTreeMap<String, Value>) {
        match value {
            Value::Table(table) if !table.is_empty() => {
                for (key, value) in table {
                    let full = if name.is_empty() {
                        key.clone()
                    } else {
                        format!("{name}.{key}")
                    };
                    walk(&full, value, all);
                }
            }
            _ => {
                all.insert(name.to_owned(), value.clone());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk("", value, &mut all);
    all
}

fn defaults() -> BTreeMap<String, Value> {
    fields(&Value::try_from(Config::default()).expect("every field has a value in TOML"))
}

#[test]
fn the_example_has_every_field_with_its_default_and_a_comment() {
    let text = text("keeper.toml");
    let example: Value = text.parse().expect("the example is TOML");
    assert_eq!(fields(&example), defaults());
    for line in text
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with('#'))
    {
        assert!(line.contains(" # "), "no comment: {line}");
    }
}

#[test]
fn the_example_is_accepted_once_the_clearinghouse_is_named() {
    let text = text("keeper.toml").replacen(
        "address = \"\"",
        "address = \"11111111111111111111111111111112\"",
        1,
    );
    let config = Config::parse(&text).expect("accepted");
    let mut wanted = Config::default();
    wanted.clearinghouse.address = "11111111111111111111111111111112".parse().unwrap();
    assert_eq!(config, wanted);
}

#[test]
fn the_documents_list_every_field_with_its_default() {
    let text = text("../docs/keeper.md");
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_matches('`').to_owned();
        let default = cells.next()?.trim_matches('`').to_owned();
        let says = cells.next()?.trim_end_matches(" |");
        (name.contains('.') && !says.is_empty()).then_some((name, default))
    });
    let rows: BTreeMap<String, String> = rows.collect();
    let defaults = defaults();
    let missing: Vec<_> = defaults
        .keys()
        .filter(|name| !rows.contains_key(*name))
        .collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
    for (name, default) in rows {
        let found = defaults
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is documented and does not exist"));
        let documented: Value = format!("x = {default}").parse::<Value>().unwrap()["x"].clone();
        assert_eq!(*found, documented, "{name}");
    }
}

#[test]
fn a_file_is_read_and_the_environment_goes_before_it() {
    let path = std::env::temp_dir().join(format!("keeper-{}.toml", std::process::id()));
    let text = "[clearinghouse]\naddress = \"11111111111111111111111111111112\"\n[send]\nmax_in_flight = 3\n";
    std::fs::write(&path, text).unwrap();
    let read = Config::load(Some(&path)).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read.send.max_in_flight, 3);
    let error = Config::load(Some(&path)).unwrap_err().to_string();
    assert!(error.contains("keeper/keeper.toml"), "{error}");
}
