import SparseInterchange
import SparseStore
import Testing

@Suite("A weight is the Float nearest to its decimal digits")
struct JSONNumberTests {
    private func weight(_ text: String) throws -> Float? {
        let terms = Support.terms(try Support.document("{\"id\": 1, \"vector\": {\"a\": \(text), \"b\": 1}}"))
        return terms.first { $0.term == "a" }?.weight
    }

    @Test
    func `the same as the standard library, for shapes that take the fast and the slow way`() throws {
        var generator = SystemRandomNumberGenerator()
        var tried = 0
        while tried < 3_000 {
            let digits = String((0..<Int.random(in: 1...25)).map { _ in "0123456789".randomElement() ?? "0" })
            var text = String(digits.drop { $0 == "0" })
            if text.isEmpty { text = "0" }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text = "0." + digits
            case 1: text += "." + digits
            case 2: text += "e\(Int.random(in: -40...10))"
            default: text += "." + digits + "E\(Int.random(in: -30...5))"
            }
            guard let expected = Float(text), Limits.weights.contains(expected) else { continue }
            tried += 1
            #expect(try weight(text) == expected, "\(text)")
        }
    }

    @Test
    func `every Float comes back from its own shortest text`() throws {
        for _ in 0..<3_000 {
            let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max))
            guard value.isFinite, Limits.weights.contains(value) else { continue }
            #expect(try weight("\(value)") == value)
        }
    }

    @Test(arguments: [
        "1.00000005960464477539062500000001", "1.000000059604644775390625", "1.00000005960464477539062499999999",
        "1.00000017881393432617187499", "1.00000017881393432617187501", "1.000000178813934326171875",
        "16777217", "16777219", "16777217.0000000001", "16777216.9999999999", "9007199254740993e-3",
        "9007199791611905e-9",
        "33554434.000000001e0", "8388608.5", "8388609.5", "0.1", "0.3", "123456789", "4503599627370497.5e-2",
        "18446744073709551616e-19", "18446744073709551617e-6", "99999999999999999999999999e-26", "1.17549435e-15",
    ])
    func `halves between two Floats, where rounding twice goes wrong`(text: String) throws {
        #expect(try weight(text) == Float(text))
    }

    @Test
    func `numbers with very many digits`() throws {
        let zeros = String(repeating: "0", count: 900)
        #expect(try weight("1.\(zeros)1") == 1)
        #expect(try weight("0.\(zeros)1e901") == 1)
        #expect(
            try Support.reason("{\"id\": 1, \"vector\": {\"a\": 1.\(zeros)\(zeros)}}")?.contains("too long") == true)
        #expect(try weight("1\(zeros)e-900") == 1)
        #expect(try weight("1e99999999999999999999") == nil)
        #expect(
            try Support.reason("{\"id\": 1, \"vector\": {\"a\": 1e99999999999999999999}}")?.contains("too large")
                == true)
        // Far below every Float: as good as nothing.
        #expect(try weight("1e-99999999999999999999") == nil)
        #expect(try weight("1e-400") == nil)
    }
}
