//! The closed form for the simplest case.
//!
//! Two branches; a read goes to the other branch a think time t after the write was acknowledged. Replication takes
//! an exponential time with rate a, the reply to the write and the request of the read each one with rate m, all
//! independent and in `independent` order. A read is stale on arrival if replication takes longer than the rest:
//!
//! P(stale) = (m / (a + m))^2 e^(-a t), and with instant customer legs e^(-a t).
//!
//! An exponential has no memory, so the remaining wait of a stale read is exponential with rate a: E(wait) = P / a.
//!
//! The formula takes one unapplied write per origin (vectors have no gaps, so a second one in flight makes visibility
//! a running maximum), and timeouts far above the delays.

/// The parameters of the closed form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theory {
    /// Rate of the replication delay, per millisecond; above 0.
    pub a_per_ms: f64,
    /// Rate of the delay of each customer leg; `None` if they are instant.
    pub m_per_ms: Option<f64>,
    /// From the write's acknowledgement to the read's invocation; `None` if it varies from read to read.
    pub t_ms: Option<f64>,
}

impl Theory {
    /// Probability that a read a time `t_ms` after the acknowledgement finds its write.
    pub fn fresh_at(&self, t_ms: f64) -> f64 {
        1.0 - self.stale_at(t_ms)
    }

    /// Probability that a read a time `t_ms` after the acknowledgement is stale on arrival. A floor that makes
    /// replication slower than everything else can make the time negative; the formula ends at 1.
    pub fn stale_at(&self, t_ms: f64) -> f64 {
        let legs = self.m_per_ms.map_or(1.0, |m| m / (self.a_per_ms + m));
        (legs * legs * libm::exp(-self.a_per_ms * t_ms)).min(1.0)
    }
}
