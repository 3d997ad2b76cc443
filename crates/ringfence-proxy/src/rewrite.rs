//! Where a permitted request really goes.
