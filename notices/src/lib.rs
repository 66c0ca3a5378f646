//! What a build of the lab and its tests have in common. The program of this package writes what a build has beside
//! its programs.

pub mod plain;
