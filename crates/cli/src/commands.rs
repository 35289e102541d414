//! One file a command.

pub(crate) mod campaign;
pub(crate) mod demo;
pub(crate) mod import;
pub(crate) mod lines;
pub(crate) mod migrate;
pub(crate) mod replay;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod suppress;
