//! The real binary, from outside: as a process that is started, killed and started again.

mod architecture;
mod assistants;
mod care;
mod clocks;
mod crashes;
mod database;
mod demo;
mod exports;
mod forbidding;
mod lists;
mod making;
mod nodes;
mod people;
mod pressing;
mod proxy;
mod recordings;
mod rig;
mod safekeeping;
mod sharing;
mod shell;
mod steering;
