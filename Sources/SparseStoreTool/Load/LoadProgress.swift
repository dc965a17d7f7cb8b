/// The progress of a load.
struct LoadProgress {
    /// The number of documents written by this load.
    var accepted: Int
    /// The number of lines or rows rejected by this load.
    var rejected: Int
    /// The fraction of the input that has been read; nil if the size is unknown.
    var fraction: Double?
    /// The number of seconds since this load began.
    var seconds: Double

    var rate: Double { seconds > 0 ? Double(accepted) / seconds : 0 }
}
