//! The hosts: what runs the VM's threads on a real machine. The only place with the GIL and operating-system threads.
//!
//! It may use the VM's types; the VM never names anything in here.

pub mod settings;

pub mod policy;

pub mod accounts;

pub mod clock;

pub mod bell;

pub mod lock;

pub mod figures;

pub mod gil;

pub mod barging;

pub mod os;

pub mod parker;

pub mod deadlock;

pub mod helper;

pub mod streams;

pub mod process;

pub mod real;

pub mod calibrate;
