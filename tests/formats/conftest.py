"""The browser fixtures of this folder."""

from browsers import browser as browser
from browsers import playwright as playwright
