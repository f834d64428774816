"""The browser fixtures of this folder."""

from browsers import another_browser as another_browser
from browsers import browser as browser
from browsers import browsers as browsers
from browsers import each_browser as each_browser
from browsers import playwright as playwright
