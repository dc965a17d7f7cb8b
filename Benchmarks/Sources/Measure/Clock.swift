/// Returns the length of this core's cycle in nanoseconds. On current processors xor and shift take one cycle each, and
/// a chain of them cannot be shortened.
package func nanosecondsPerCycle() -> Double {
    let steps = 4_000_000
    var best = Double.infinity
    for _ in 0..<5 {
        let start = threadSeconds()
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<steps {
            state ^= state &<< 13
            state ^= state &>> 7
            state ^= state &<< 17
        }
        // The state is never 0, but the compiler does not know that.
        if state != 0 { best = min(best, (threadSeconds() - start) / Double(6 * steps)) }
    }
    return best * 1e9
}
