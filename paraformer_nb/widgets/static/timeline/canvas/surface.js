// A canvas that is as sharp as the screen, and notifies of a new size.

export class Surface {
  width = 0;
  height = 0;
  #canvas;
  #context;
  #observer;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} onResize
   */
  constructor(canvas, onResize) {
    this.#canvas = canvas;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("This browser has no 2d canvas.");
    this.#context = context;
    this.#observer = new ResizeObserver(() => {
      // A cell that was scrolled far away has no size; the last one is kept until it is back.
      if (canvas.clientWidth === 0) return;
      this.width = canvas.clientWidth;
      this.height = canvas.clientHeight;
      onResize();
    });
    this.#observer.observe(canvas);
  }

  /** An empty context in CSS pixels. The screen's density is read each time: a window can change screens. */
  begin() {
    const density = window.devicePixelRatio || 1;
    const width = Math.round(this.width * density);
    const height = Math.round(this.height * density);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.setTransform(density, 0, 0, density, 0, 0);
    this.#context.clearRect(0, 0, this.width, this.height);
    return this.#context;
  }

  dispose() {
    this.#observer.disconnect();
  }
}
