public import SparseStore

/// Terms written by a person as one JSON object: `{"swift": 1.2, "engine": 0.4}`.
public enum TermsText {
    /// The terms in `text`; zeros are dropped, so the array may be empty.
    ///
    /// - Parameters:
    ///   - text: a JSON object.
    ///   - acceptingNegative: whether weights may be below zero, as those of a query may.
    public static func parse(
        _ text: String, acceptingNegative: Bool = false
    ) throws(InterchangeError) -> [WeightedTerm] {
        var parser = DocumentParser(payload: .none, acceptingNegative: acceptingNegative)
        let result = Array(text.utf8).withUnsafeBufferPointer { bytes -> Result<[WeightedTerm], JSONFault> in
            do throws(JSONFault) {
                return .success(try parser.parseTerms(bytes))
            } catch {
                return .failure(error)
            }
        }
        do {
            return try result.get()
        } catch {
            throw InterchangeError(
                .invalidInput,
                "the terms are not a JSON object of weights (\(error.text)); "
                    + "write them as '{\"swift\": 1.2}'")
        }
    }

    /// The same terms as numbers, for a store whose terms are numbers.
    ///
    /// - Throws: `invalidInput` naming the first term that is not a number of 0 to 4,294,967,295 in plain decimal: "05" is
    ///   none, for it would be 5 again; and one that stands twice.
    public static func numbers(_ terms: [WeightedTerm]) throws(InterchangeError) -> [TermID: Float] {
        var numbers: [TermID: Float] = [:]
        for term in terms {
            guard let number = TermID(term.term), TextKey(String(number)) == TextKey(term.term) else {
                throw InterchangeError(
                    .invalidInput,
                    "the store's terms are numbers and the term '\(term.term)' is none; "
                        + "write 0 to \(TermID.max) in plain decimal")
            }
            guard numbers.updateValue(term.weight, forKey: number) == nil else {
                throw InterchangeError(.invalidInput, "the term '\(term.term)' stands twice; add its weights together")
            }
        }
        return numbers
    }
}
