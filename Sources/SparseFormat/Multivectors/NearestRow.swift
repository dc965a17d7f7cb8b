/// Finds the row nearest to a vector by Euclidean distance: the row with the largest x * c - |c|^2 / 2, or the first of
/// several equal ones. It compares sixteen rows at a time.
struct NearestRow: Sendable {
    private typealias Lanes = SIMD16<Float>

    private let width: Int
    /// For each sixteen rows: the negative half norms, then the components of the rows, component by component.
    private let blocks: [Lanes]

    /// - Parameter rows: One or more rows of `width`.
    init(_ rows: ArraySlice<Float>, width: Int) {
        self.width = width
        let count = rows.count / width
        var blocks: [Lanes] = []
        blocks.reserveCapacity((count + 15) / 16 * (width + 1))
        for first in stride(from: 0, to: count, by: 16) {
            // Padding after the last row is never the nearest.
            var norms = Lanes(repeating: -.greatestFiniteMagnitude)
            var columns = [Lanes](repeating: Lanes(), count: width)
            for lane in 0..<min(16, count - first) {
                let row = rows[(rows.startIndex + (first + lane) * width)...].prefix(width)
                norms[lane] = -row.reduce(0) { $0 + $1 * $1 } / 2
                for (component, value) in row.enumerated() { columns[component][lane] = value }
            }
            blocks.append(norms)
            blocks += columns
        }
        self.blocks = blocks
    }

    /// Returns the row nearest to `width` components.
    func find(_ vector: UnsafeBufferPointer<Float>) -> Int {
        var best = Lanes(repeating: -.infinity)
        var places = SIMD16<Int32>()
        blocks.withUnsafeBufferPointer { blocks in
            var block: Int32 = 0
            for start in stride(from: 0, to: blocks.count, by: width + 1) {
                var scores = blocks[start]
                for component in 0..<width { scores += blocks[start + 1 + component] * vector[component] }
                let isBetter = scores .> best
                best.replace(with: scores, where: isBetter)
                places.replace(with: block, where: isBetter)
                block += 1
            }
        }
        var found = 0
        for lane in 1..<16 {
            let (a, b) = (Int(places[found]) * 16 + found, Int(places[lane]) * 16 + lane)
            if best[lane] > best[found] || best[lane] == best[found] && b < a { found = lane }
        }
        return Int(places[found]) * 16 + found
    }
}
