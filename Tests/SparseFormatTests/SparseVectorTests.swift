import Testing

@testable import SparseFormat

@Suite struct SparseVectorTests {
    private func code(_ terms: [TermID], _ weights: [Float]) -> VectorError.Code? {
        do throws(VectorError) {
            _ = try SparseVector(terms: terms, weights: weights)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `sorts by term`() throws {
        let vector = try SparseVector(terms: [9, 0, .max, 4], weights: [1, 2, 3, 4])
        #expect(vector.terms == [0, 4, 9, .max])
        #expect(vector.weights == [2, 4, 1, 3])
        #expect(vector.count == 4)
        #expect(try SparseVector([(4, 4), (9, 1), (0, 2), (.max, 3)]) == vector)
        #expect(try SparseVector(["a": 1].map { (TermID($0.value), Float(1)) }).terms == [1])
    }

    @Test func `refuses what breaks a rule`() {
        #expect(code([], []) == .empty)
        #expect(code([1], []) == .unequalCounts)
        #expect(code([], [1]) == .unequalCounts)
        #expect(code([3, 1, 3], [1, 1, 1]) == .duplicateTerm(3))
        #expect(code([3, 3], [1, 1]) == .duplicateTerm(3))
        #expect(code([1, 7], [1, .nan]) == .nonFinite(7))
        #expect(code([7], [.infinity]) == .nonFinite(7))
        #expect(code([7], [-.infinity]) == .nonFinite(7))
        #expect(code([7], [0]) == .outOfRange(7, 0))
        #expect(code([7], [-0.0]) == .outOfRange(7, 0))
        #expect(code([7], [-1]) == .outOfRange(7, -1))
        #expect(code([7], [.leastNonzeroMagnitude]) == .outOfRange(7, .leastNonzeroMagnitude))
    }

    @Test func `limits from both sides`() {
        let (low, high) = (Limits.weights.lowerBound, Limits.weights.upperBound)
        #expect(code([1], [low]) == nil)
        #expect(code([1], [low.nextDown]) == .outOfRange(1, low.nextDown))
        #expect(code([1], [high]) == nil)
        #expect(code([1], [high.nextUp]) == .outOfRange(1, high.nextUp))
        let most = Limits.maximumTermsPerVector
        let ones = [Float](repeating: 1, count: most + 1)
        #expect(code(Array(0..<TermID(most)), Array(ones.dropLast())) == nil)
        #expect(code(Array(0...TermID(most)), ones) == .tooManyTerms(most + 1))
    }

    @Test func `messages say the remedy`() {
        let codes: [VectorError.Code] = [
            .empty, .unequalCounts, .duplicateTerm(77), .nonFinite(77), .outOfRange(77, -1), .tooManyTerms(70_000),
        ]
        for code in codes {
            let error = VectorError(code)
            #expect(error.description == error.message)
            #expect(error.message.contains("; "))
        }
        #expect(VectorError(.outOfRange(77, -1)).message.contains("-1.0 of term 77"))
        #expect(VectorError(.tooManyTerms(70_000)).message.contains("70000"))
    }
}
