internal import SparseFormat

/// How much longer searches take than `tune` measured with warm pages, when memory cannot hold what they read.
///
/// A search finds some of its data in memory and waits for the rest. Its expected time is
/// warm + (1 - share) x (cold - warm), where the share is that of the data that memory can hold. The cold times are
/// those of ten hits and of all classes of queries together. They are therefore used as factors of the warm times at
/// the same k, so that a class of long queries, or a larger k, waits in proportion.
struct DiskCosts: Sendable {
    /// The factor of each effort's warm time, 1 or more; and that of an exact search.
    private let factors: [Float]
    private let exactFactor: Float
    /// Whether memory can hold all that searches read, or nothing is known. Every factor is then 1.
    let isInMemory: Bool

    /// The costs of a store in memory.
    static let none = DiskCosts()

    private init() {
        factors = Array(repeating: 1, count: Effort.ladder.count)
        exactFactor = 1
        isInMemory = true
    }

    /// Without cold times of an exact search and of each measured way to search, nothing can be compared, and there are
    /// no costs.
    init(_ tuning: TuningRecord, _ shares: ResidentShares) {
        let cold = Dictionary(uniqueKeysWithValues: tuning.coldTimes.map { ($0.effort, $0.time) })
        let warm = Dictionary(grouping: tuning.points.filter { $0.limit == Tuner.coldLimit }, by: \.effort)
            .mapValues { points in points.reduce(0) { $0 + $1.time } / Float(points.count) }
        func ratio(_ number: UInt8) -> Float? {
            guard let cold = cold[number], let warm = warm[number], warm > 0 else { return nil }
            return min(max(1, cold / warm), Self.mostRatio)
        }
        func ratios(_ efforts: Range<Int>) -> [Float]? {
            let known = efforts.map { ratio(Effort.number(of: $0)) }
            // Those that were not measured cold are taken for the next that read more, or else for the last.
            guard let last = known.last(where: { $0 != nil }) ?? nil else { return nil }
            return known.indices.map { known[$0...].lazy.compactMap(\.self).first ?? last }
        }
        let windows = 0..<ScanLadder.plans.count
        let blocks = windows.upperBound..<Effort.ladder.count
        let hasBlocks = blocks.contains { warm[Effort.number(of: $0)] != nil }
        let isInMemory = shares.windows >= 1 && (!hasBlocks || shares.blocks >= 1)
        guard !isInMemory, let exact = ratio(Effort.exactNumber), let ofWindows = ratios(windows),
            let ofBlocks = hasBlocks ? ratios(blocks) : blocks.map({ _ in Float(1) })
        else {
            self = .none
            return
        }
        func factor(_ ratio: Float, _ share: Double) -> Float { 1 + Float(1 - min(1, share)) * (ratio - 1) }
        factors = ofWindows.map { factor($0, shares.windows) } + ofBlocks.map { factor($0, shares.blocks) }
        exactFactor = factor(exact, shares.windows)
        self.isInMemory = false
    }

    /// The costs in a commit.
    ///
    /// - Parameter memory: The bytes that the system's page cache can hold of the store, or nil if unknown. Asked for
    ///   only if it matters.
    init(_ tuning: TuningRecord?, _ index: CommitIndex, memory: () -> Int?) {
        guard let tuning, !tuning.coldTimes.isEmpty, let memory = memory() else {
            self = .none
            return
        }
        self.init(tuning, ResidentShares(index, memory: memory))
    }

    /// Returns the expected time of an effort, given its warm time.
    func time(_ warm: Float, effort: Int) -> Float { warm * factors[effort] }

    /// Returns the expected time of an exact search, given its warm time.
    func exactTime(_ warm: Float) -> Float { warm * exactFactor }

    /// A forged record may have a warm time of almost nothing.
    private static let mostRatio: Float = 1e6
}

/// The shares of the data of each way to search that memory can hold in the long run, 0 to 1.
struct ResidentShares: Sendable, Hashable {
    /// Of what scans of the windows read: their lists and their exact vectors.
    var windows = 1.0
    /// Of what searches of the block index read: the block index, the exact vectors of all windows, any of which may be
    /// candidates, and the lists of the windows that it does not cover.
    var blocks = 1.0

    init(windows: Double = 1, blocks: Double = 1) {
        self.windows = windows
        self.blocks = blocks
    }

    /// - Parameter memory: The bytes that the system's page cache can hold of the store.
    init(_ index: CommitIndex, memory: Int) {
        let segments = index.members.map(\.segment)
        let vectors = segments.reduce(0) { $0 + $1.vectorBytes }
        func share(_ bytes: Int) -> Double { min(1, Double(max(0, memory)) / Double(max(1, bytes))) }
        windows = share(segments.reduce(vectors) { $0 + $1.listBytes })
        blocks =
            index.blocks.map { blocks in
                share(
                    blocks.others.reduce(vectors + Int(clamping: blocks.index.record.bytes)) {
                        $0 + segments[$1].listBytes
                    })
            } ?? 1
    }
}
