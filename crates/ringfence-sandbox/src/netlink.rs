//! Netlink and nfnetlink, spoken directly. (B2)
