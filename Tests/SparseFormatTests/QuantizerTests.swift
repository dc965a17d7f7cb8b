import Testing

@testable import SparseFormat

@Suite struct QuantizerTests {
    /// FORMAT.md: a code is the nearest, halves up.
    @Test(arguments: [Float(1e-15), 0.3, 1, 2.7, 1e15])
    func `codes are those of rounding`(maximum: Float) {
        let quantizer = ImpactQuantizer(maximum: maximum)
        let inverse = 255 / maximum
        for half in 0...510 {
            var weight = Float(half) / 2 / inverse
            for _ in 0..<4 { weight = weight.nextDown }
            for _ in 0..<9 {
                if (0...maximum).contains(weight) {
                    #expect(quantizer.code(weight) == UInt8(min(255, (weight * inverse).rounded())))
                }
                weight = weight.nextUp
            }
        }
    }
}
