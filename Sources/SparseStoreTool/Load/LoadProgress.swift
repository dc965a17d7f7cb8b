/// Where a load stands.
struct LoadProgress {
    /// Documents written by this load.
    var accepted: Int
    /// Lines or rows rejected by this load.
    var rejected: Int
    /// How much of the input has been read, where that is known.
    var fraction: Double?
    /// Seconds since this load began.
    var seconds: Double

    var rate: Double { seconds > 0 ? Double(accepted) / seconds : 0 }
}
