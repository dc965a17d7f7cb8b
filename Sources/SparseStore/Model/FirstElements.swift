/// Selects the first elements of an order without keeping all of them.
struct FirstElements<Element> {
    private let count: Int
    private let precedes: (Element, Element) -> Bool
    private var elements: [Element] = []
    /// The last of the first `count` elements seen; nil at the beginning.
    private var last: Element?

    /// - Parameters:
    ///   - count: The number of elements to select, at least 1.
    ///   - precedes: The order.
    init(count: Int, by precedes: @escaping (Element, Element) -> Bool) {
        self.count = count
        self.precedes = precedes
    }

    mutating func take(_ element: Element) {
        if let last, precedes(last, element) { return }
        elements.append(element)
        // Sorting now and then keeps the cost of an element at a few comparisons.
        guard elements.count > 2 * count + 1_024 else { return }
        elements = sorted()
        last = elements.last
    }

    /// Returns the selected elements in order.
    func sorted() -> [Element] { Array(elements.sorted(by: precedes).prefix(count)) }
}
