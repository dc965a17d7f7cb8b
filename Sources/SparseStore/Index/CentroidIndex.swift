internal import SparseFormat

/// The inverted index of some documents that others are compared with: for each term the documents, by their place in
/// `fill`, and their weights.
struct CentroidIndex {
    /// Where the entries of each term begin, and how many they are.
    private var begins: [Int32]
    private var counts: [Int32]
    private var used: [UInt16] = []
    private var entries: [(centroid: Int32, weight: Float)] = []

    /// - Parameter terms: numbers are below.
    init(terms: Int) {
        begins = [Int32](repeating: 0, count: terms)
        counts = [Int32](repeating: 0, count: terms)
    }

    /// Takes in some documents, instead of those before.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - forEachComponent: calls its last argument with number and weight of each component of a document.
    mutating func fill(_ count: Int, _ forEachComponent: (Int, (UInt16, Float) -> Void) -> Void) {
        for number in used { counts[Int(number)] = 0 }
        used.removeAll(keepingCapacity: true)
        for document in 0..<count {
            forEachComponent(document) { number, _ in
                if counts[Int(number)] == 0 { used.append(number) }
                counts[Int(number)] += 1
            }
        }
        var total: Int32 = 0
        for number in used {
            begins[Int(number)] = total
            total += counts[Int(number)]
            counts[Int(number)] = 0
        }
        entries = Array(repeating: (0, 0), count: Int(total))
        for document in 0..<count {
            forEachComponent(document) { number, weight in
                let number = Int(number)
                entries[Int(begins[number] + counts[number])] = (Int32(document), weight)
                counts[number] += 1
            }
        }
    }

    /// Adds what each document gets from a component.
    @inline(__always)
    func add(_ number: UInt16, _ weight: Float, to sums: inout [Float]) {
        let begin = Int(begins[Int(number)])
        for index in begin..<begin + Int(counts[Int(number)]) {
            sums[Int(entries[index].centroid)] += weight * entries[index].weight
        }
    }
}
