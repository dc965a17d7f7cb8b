/// An inverted index of documents that others are compared with. It has for each term the documents, by their position
/// in `fill`, and their weights.
struct CentroidIndex {
    /// The start of each term's entries, and their number.
    private var begins: [Int32]
    private var counts: [Int32]
    private var used: [Int] = []
    private var entries: [(centroid: Int32, weight: Float)] = []

    /// - Parameter terms: The upper bound of the term numbers.
    init(terms: Int) {
        begins = [Int32](repeating: 0, count: terms)
        counts = [Int32](repeating: 0, count: terms)
    }

    /// Replaces the documents of the index.
    ///
    /// - Parameters:
    ///   - count: The number of documents.
    ///   - forEachComponent: Calls its last argument with the term and the weight of each component of a document.
    mutating func fill(_ count: Int, _ forEachComponent: (Int, (Int, Float) -> Void) -> Void) {
        for number in used { counts[number] = 0 }
        used.removeAll(keepingCapacity: true)
        for document in 0..<count {
            forEachComponent(document) { number, _ in
                if counts[number] == 0 { used.append(number) }
                counts[number] += 1
            }
        }
        var total: Int32 = 0
        for number in used {
            begins[number] = total
            total += counts[number]
            counts[number] = 0
        }
        entries = Array(repeating: (0, 0), count: Int(total))
        for document in 0..<count {
            forEachComponent(document) { number, weight in
                entries[Int(begins[number] + counts[number])] = (Int32(document), weight)
                counts[number] += 1
            }
        }
    }

    /// Adds to each document's sum the contribution of a component.
    @inline(__always)
    func add(_ number: Int, _ weight: Float, to sums: inout [Float]) {
        let begin = Int(begins[number])
        for index in begin..<begin + Int(counts[number]) {
            sums[Int(entries[index].centroid)] += weight * entries[index].weight
        }
    }
}
