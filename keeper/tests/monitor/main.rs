//! The risk monitor and the report: their figures, their screens, their documents, and a node that they ask.

mod document;
mod expected;
mod fixed;
mod node;
mod picture;
mod reports;
mod scene;
mod screens;
mod views;
