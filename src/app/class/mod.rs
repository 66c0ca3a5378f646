//! A class: one teacher's page, and the pages of students.

pub mod experiment;
