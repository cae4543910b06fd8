//! The links of the documents among themselves.

use super::DOCS;
use std::path::Path;

#[test]
fn every_relative_link_of_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, text) in DOCS {
        let folder = root.join(path).parent().expect("a folder").to_owned();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().expect("a closing bracket");
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if file.starts_with("http") || file.ends_with(".png") {
                continue;
            }
            let full = if file.is_empty() {
                root.join(path)
            } else {
                folder.join(file)
            };
            assert!(full.exists(), "{path}: {target} leads nowhere");
            if !anchor.is_empty() {
                let linked = std::fs::read_to_string(&full).expect("a text");
                assert!(
                    anchors(&linked).any(|a| a == anchor),
                    "{path}: no heading for {target}"
                );
            }
        }
    }
}

/// The anchors that headings have: lower case, spaces to hyphens, punctuation dropped.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
}
