//! The use cases, with faults before and after each write.
