internal import SparseFormat

/// The distinct terms of some documents, numbered densely in ascending order.
struct TermSlots {
    private let terms: [TermID]
    /// The slot of each term; empty if the term numbers are too sparse for a table.
    private let table: [UInt32]

    init(_ all: [TermID]) {
        let limit = Int(all.max() ?? 0) + 1
        // A table is worth its memory while it is not much larger than the input.
        if limit <= 16 * all.count {
            var table = [UInt32](repeating: .max, count: limit)
            for term in all { table[Int(term)] = 0 }
            var terms: [TermID] = []
            for term in table.indices where table[term] == 0 {
                table[term] = UInt32(terms.count)
                terms.append(TermID(term))
            }
            self.terms = terms
            self.table = table
        } else {
            // Mostly a few ascending runs, which the standard library's sort is quick at.
            var terms: [TermID] = []
            for term in all.sorted() where term != terms.last { terms.append(term) }
            self.terms = terms
            table = []
        }
    }

    var count: Int { terms.count }

    func term(at slot: Int) -> TermID { terms[slot] }

    /// Returns the slot of one of the given terms.
    func slot(of term: TermID) -> Int {
        if !table.isEmpty { return Int(table[Int(term)]) }
        var low = 0
        var high = terms.count - 1
        while low < high {
            let middle = (low + high) / 2
            if terms[middle] < term { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
