internal import SparseFormat

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
