internal import SparseFormat

/// Collects documents and builds one window: posting lists by term and level, and exact vectors by ordinal.
///
/// Memory: 8 bytes per nonzero while documents are added, about 20 more while `build` runs, and the result.
struct WindowBuilder {
    /// The maximum number of nonzeros.
    private let maximum: Int
    /// The document numbers in ascending order. The position of a number is the document's ordinal.
    private(set) var numbers: [UInt64] = []
    private var identifiers: [String] = []
    private var ends: [Int] = []
    private var terms: [TermID] = []
    private var weights: [Float] = []
    private var tags = TagCollector()
    private var attributes = AttributeCollector()
    /// The checksums of stored documents when they were read; 0 for new ones.
    private var checksums: [UInt64] = []

    var count: Int { numbers.count }

    /// The upper bound of nonzeros at any memory size. It bounds the chunk numbers.
    static let maximumNonzeros = 1 << 25
    /// The memory per nonzero while a window is built, including its finished parts.
    static let bytesPerNonzero = 48

    /// - Parameter nonzeros: The number of nonzeros at which the window is full, regardless of the number of documents.
    init(nonzeros: Int) { maximum = nonzeros }

    /// Whether the next document must go to another window.
    var isFull: Bool { count >= Limits.maximumDocumentsPerWindow || terms.count >= maximum }

    /// Adds a document. Numbers must ascend, and there may be at most `Limits.maximumDocumentsPerWindow` documents.
    ///
    /// - Parameter checksum: The checksum of the stored document, which reveals later changes (`SegmentReplacement`).
    mutating func add(
        _ number: UInt64, _ identifier: String, _ vector: SparseVector, tags: [String],
        attributes: [String: AttributeValue], checksum: UInt64
    ) {
        numbers.append(number)
        identifiers.append(identifier)
        terms.append(contentsOf: vector.terms)
        weights.append(contentsOf: vector.weights)
        ends.append(terms.count)
        self.tags.add(tags)
        self.attributes.add(attributes)
        checksums.append(checksum)
    }

    /// Returns a builder with the same documents except those in `dropped`.
    func without(_ dropped: Set<UInt64>) -> WindowBuilder {
        var kept = WindowBuilder(nonzeros: maximum)
        for ordinal in numbers.indices where !dropped.contains(numbers[ordinal]) {
            let range = components(ordinal)
            kept.numbers.append(numbers[ordinal])
            kept.identifiers.append(identifiers[ordinal])
            kept.terms.append(contentsOf: terms[range])
            kept.weights.append(contentsOf: weights[range])
            kept.ends.append(kept.terms.count)
            kept.tags.add(tags.tags(at: ordinal))
            kept.attributes.add(attributes.attributes(at: ordinal))
            kept.checksums.append(checksums[ordinal])
        }
        return kept
    }

    private func components(_ ordinal: Int) -> Range<Int> { (ordinal == 0 ? 0 : ends[ordinal - 1])..<ends[ordinal] }

    /// A built window whose parts are ready to be sealed.
    struct Window {
        var numbers: [UInt64]
        var nonzeros: Int
        var lists: WindowListWriter
        /// The exact vectors; nil in the compact profile.
        var forward: ForwardWriter?
        /// The bodies of `segmentTags` values.
        var tags: [[UInt8]]
        /// The bodies of `segmentColumn` values.
        var columns: [[UInt8]]
        /// The checksum of each stored document, in ascending order of numbers.
        var checksums: [UInt64]
        /// The ordinal of each document in ascending order of numbers; nil if they are the same.
        var order: [UInt16]?
    }

    /// The number of documents, or terms, between two checkpoints.
    private static let checkpointEvery = 1_024

    /// The number of documents from which reordering is worth its time.
    static let orderedFrom = 16_384

    /// - Parameters:
    ///   - layout: The layout options. Documents are reordered only if there are enough of them.
    ///   - profile: The index profile, which determines whether exact vectors are stored beside the lists.
    ///   - scoring: The scoring of counts in the lists; nil if documents are scored by their weights.
    ///   - checkpoint: Called every few milliseconds. It may throw to stop.
    func build(
        _ layout: WindowLayout, profile: IndexProfile, scoring: BM25Function?, _ checkpoint: () throws -> Void = {}
    ) throws -> Window {
        let impacts = scoring.map { scoring in numbers.indices.flatMap { scoring.impacts(of: weights[components($0)]) }
        }
        let distinct = TermNumbers(terms)
        let termNumbers = terms.map { UInt32(distinct.number(of: $0)) }
        let isOrdered = layout.isOrdered && count >= Self.orderedFrom
        let positions =
            isOrdered
            ? try DocumentOrder(
                numbers: termNumbers, weights: impacts ?? weights, ends: ends, termCount: distinct.count
            )
            .positions(seed: 7, checkpoint)
            : Array(numbers.indices)
        let order = isOrdered ? Self.inverse(positions) : nil
        return Window(
            numbers: numbers, nonzeros: terms.count,
            lists: try invert(
                distinct, termNumbers: termNumbers, positions: positions, weights: impacts ?? weights, layout: layout,
                referenceLength: scoring?.averageLength ?? 0,
                checkpoint),
            forward: profile == .compact
                ? nil : try vectors(distinct, termNumbers: termNumbers, positions: positions, checkpoint),
            tags: tags.tables(ordinals: order), columns: try attributes.columns(ordinals: order), checksums: checksums,
            order: order)
    }

    private func vectors(
        _ distinct: TermNumbers, termNumbers: [UInt32], positions: [Int], _ checkpoint: () throws -> Void
    ) throws -> ForwardWriter {
        let longest = numbers.indices.reduce(0) { max($0, components($1).count) }
        var forward = ForwardWriter(terms: distinct.count, components: longest)
        for (ordinal, position) in positions.enumerated() {
            if ordinal.isMultiple(of: Self.checkpointEvery) { try checkpoint() }
            let range = components(position)
            forward.append(identifier: identifiers[position], positions: termNumbers[range], weights: weights[range])
        }
        forward.finish()
        return forward
    }

    private static func inverse(_ positions: [Int]) -> [UInt16] {
        var ordinals = [UInt16](repeating: 0, count: positions.count)
        for (ordinal, position) in positions.enumerated() { ordinals[position] = UInt16(truncatingIfNeeded: ordinal) }
        return ordinals
    }

    /// Sorts all components by term and level with a counting sort. Documents are visited in the order of their
    /// ordinals, so the postings of a level ascend.
    private func invert(
        _ distinct: TermNumbers, termNumbers: [UInt32], positions: [Int], weights: [Float], layout: WindowLayout,
        referenceLength: Float, _ checkpoint: () throws -> Void
    ) throws -> WindowListWriter {
        let levels = WindowLevels.count(documents: count)
        let level = levels == 1 ? [] : LevelAssignment(weights, ends).levels
        var next = [Int](repeating: 0, count: distinct.count * levels + 1)
        func cell(_ index: Int) -> Int { Int(termNumbers[index]) * levels + (levels == 1 ? 0 : Int(level[index])) }
        for index in terms.indices { next[cell(index) + 1] += 1 }
        for cell in 1..<next.count { next[cell] += next[cell - 1] }
        var ordinals = [UInt16](repeating: 0, count: terms.count)
        var values = [Float](repeating: 0, count: terms.count)
        for (ordinal, position) in positions.enumerated() {
            if ordinal.isMultiple(of: Self.checkpointEvery) { try checkpoint() }
            for index in components(position) {
                let cell = cell(index)
                ordinals[next[cell]] = UInt16(truncatingIfNeeded: ordinal)
                values[next[cell]] = weights[index]
                next[cell] += 1
            }
        }
        // Filling has moved the start of each cell to its end.
        var writer = WindowListWriter(
            documents: count, hasDenseLists: layout.hasDenseLists, referenceLength: referenceLength)
        var begin = 0
        var ends = [UInt32](repeating: 0, count: levels)
        for number in 0..<distinct.count {
            if number.isMultiple(of: Self.checkpointEvery) { try checkpoint() }
            for level in 0..<levels { ends[level] = UInt32(next[number * levels + level] - begin) }
            let range = begin..<begin + Int(ends[levels - 1])
            writer.append(distinct.term(at: number), ordinals: ordinals[range], weights: values[range], ends: ends)
            begin = range.upperBound
        }
        writer.finish()
        return writer
    }
}

/// Options of a window's layout that affect the speed of its scans but not the results.
package struct WindowLayout: Sendable, Hashable {
    /// Whether similar documents are adjacent.
    package var isOrdered = true
    /// Whether lists with many documents are dense.
    package var hasDenseLists = true

    package init() {}
}

/// Assigns a level to each component, by the share of its document's mass in heavier components (`WindowLevels`).
struct LevelAssignment {
    /// The level of each component, in the order of the given components.
    let levels: [UInt8]

    /// - Parameters:
    ///   - weights: The components of all documents, one document after the other.
    ///   - ends: The end of each document's components.
    init(_ weights: [Float], _ ends: [Int]) {
        var levels = [UInt8](repeating: 0, count: weights.count)
        var order: [UInt64] = []
        var begin = 0
        for end in ends {
            // Weights are positive, so their bit patterns order as they do; the index makes equal weights stable.
            order.removeAll(keepingCapacity: true)
            var mass: Float = 0
            for index in begin..<end {
                order.append(UInt64(~weights[index].bitPattern) << 32 | UInt64(index - begin))
                mass += weights[index]
            }
            order.sort()
            var before: Float = 0
            var level = 0
            for key in order {
                while level < WindowLevels.bounds.count, before >= WindowLevels.bounds[level] * mass { level += 1 }
                let index = begin + Int(UInt32(truncatingIfNeeded: key))
                levels[index] = UInt8(level)
                before += weights[index]
            }
            begin = end
        }
        self.levels = levels
    }
}
