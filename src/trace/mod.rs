//! Reports of what happened in a run: tables, and pictures of the events. They are data and text; who prints them, and where,
//! is the command's affair.

pub mod table;

pub mod threads;

pub mod recorder;

pub mod moment;

pub mod timeline;

pub mod perfetto;

pub mod page;

pub mod svg;

pub mod comparison;

pub mod plot;
