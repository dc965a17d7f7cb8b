internal import SparseFormat

/// A document's components, weighted like the query.
typealias WeightedComponents = ArraySlice<(TermID, Float)>

/// The computations of ``Feedback``.
struct Rocchio {
    let terms: Int
    let weight: Double
    let nonRelevantWeight: Double

    init(_ feedback: Feedback) {
        terms = feedback.terms
        weight = Double(feedback.weight)
        nonRelevantWeight = Double(feedback.nonRelevantWeight)
    }

    /// Returns the query expanded by the documents.
    func expand(
        _ query: ResolvedQuery, relevant: [WeightedComponents], nonRelevant: [WeightedComponents]
    ) -> ResolvedQuery {
        var shift = [TermID: Double](minimumCapacity: (relevant + nonRelevant).reduce(0) { $0 + $1.count })
        add(relevant, weight, to: &shift)
        add(nonRelevant, -nonRelevantWeight, to: &shift)
        let heaviest = shift.lazy.filter { $0.value > 0 }
            .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .prefix(terms)
        // The shift is in units of the query's length.
        let length = Self.length(query.weights.map(Double.init))
        var weights = Dictionary(uniqueKeysWithValues: zip(query.terms, query.weights.map(Double.init)))
        for (term, part) in heaviest { weights[term, default: 0] += length * part }
        for term in query.terms {
            if let part = shift[term], part < 0 { weights[term, default: 0] += length * part }
        }
        return ResolvedQuery(
            weights.compactMap { term, weight in
                let weight = Float(weight)
                return weight.isFinite && weight >= Limits.weights.lowerBound ? (term, weight) : nil
            })
    }

    /// Adds the mean of the documents at unit length, multiplied by a factor.
    private func add(_ documents: [WeightedComponents], _ factor: Double, to shift: inout [TermID: Double]) {
        for components in documents {
            let length = Self.length(components.map { Double($0.1) })
            guard length > 0 else { continue }
            let share = factor / (length * Double(documents.count))
            for (term, weight) in components { shift[term, default: 0] += share * Double(weight) }
        }
    }

    private static func length(_ weights: [Double]) -> Double {
        weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
