/// Measures elapsed time on a monotonic clock.
struct Stopwatch {
    private let start = ContinuousClock.now

    var elapsed: Duration { ContinuousClock.now - start }
    var seconds: Double { elapsed / .seconds(1) }
    var nanoseconds: Int64 { Int64(elapsed / .nanoseconds(1)) }
}
