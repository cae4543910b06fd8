//! The risk monitor and the report: their figures, their screens, their documents, and a node that they ask.

mod absence;
mod accounts;
mod document;
mod expected;
mod fixed;
mod fixed_parts;
mod hand;
mod node;
mod parts;
mod picture;
mod reports;
mod scene;
mod screens;
mod shocks;
